// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers"
	"github.com/superoffice-webhook/operator/controllers/render"
)

const (
	receiverImage = "ghcr.io/superoffice-webhook/receiver"
	// sleeperImage is one that does nothing for as many seconds as it is told.
	sleeperImage = "registry.example.com/sleeper"
	// identityNamespace is where config/rbac has the operator's ServiceAccount.
	identityNamespace = "system"
	identity          = "system:serviceaccount:" + identityNamespace + ":superoffice-webhook-operator"
	// observeInterval is short, since tests wait for what the operator sees.
	observeInterval = time.Second
)

// operatorOptions is what differs between the operators of these tests. The zero value is the one that all share.
type operatorOptions struct {
	// namespaces to manage; default all.
	namespaces []string
	// wrap puts something between the operator and what it writes.
	wrap func(client.Client) client.Client
	// unrestricted lets podTemplates ask for privileges.
	unrestricted bool
	// interval is how often it looks by itself; default a short one.
	interval time.Duration
}

func (o operatorOptions) render() render.Options {
	return render.Options{
		Image: receiverImage + ":test", Version: "test", UnrestrictedPodTemplates: o.unrestricted,
		Manager: render.Pods{Namespace: identityNamespace, Labels: map[string]string{"app.kubernetes.io/name": "superoffice-webhook-operator"}},
	}
}

// operator is a manager as cmd/manager makes it, with the rights of config/rbac and no more.
type operator struct {
	rounds *rounds
	cancel context.CancelFunc
	ended  chan error
}

func startOperator(o operatorOptions) (*operator, error) {
	mgr, err := ctrl.NewManager(restricted(stage.cluster.Config()), ctrl.Options{
		Scheme:     stage.scheme,
		Cache:      controllers.CacheOptions(o.namespaces, nil),
		Metrics:    server.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)}, // several, one after the other, in this process
		Logger:     operatorLog.logger(),
	})
	if err != nil {
		return nil, fmt.Errorf("make the manager: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	running := &operator{
		rounds: &rounds{Client: mgr.GetClient(), of: map[client.ObjectKey]int{}, writes: map[client.ObjectKey][]write{}, applies: map[string]int{}},
		cancel: cancel,
		ended:  make(chan error, 1),
	}
	reconciler := &controllers.Reconciler{
		Client:          running.rounds,
		Live:            mgr.GetAPIReader(),
		Events:          mgr.GetEventRecorder(controllers.FieldManager),
		Render:          o.render(),
		ObserveInterval: cmp.Or(o.interval, observeInterval),
		Namespaces:      o.namespaces,
		ProbeTransport:  public.transport(),
	}
	if o.wrap != nil {
		reconciler.Client = o.wrap(reconciler.Client)
	}
	if err := reconciler.SetupWithManager(ctx, mgr); err != nil {
		cancel()
		return nil, fmt.Errorf("set up the controller: %w", err)
	}
	go func() { running.ended <- mgr.Start(ctx) }()
	return running, nil
}

// restricted acts as the operator's ServiceAccount.
func restricted(c *rest.Config) *rest.Config {
	c.Impersonate = rest.ImpersonationConfig{UserName: identity}
	return c
}

// stop returns when the operator has ended.
func (o *operator) stop() error {
	o.cancel()
	return <-o.ended
}

// withoutOperator runs a part of a test while there is no operator, and starts a new one after it. Such a test can't run
// beside others.
func withoutOperator(t *testing.T, meanwhile func()) {
	t.Helper()
	if err := stage.operator.stop(); err != nil {
		t.Fatalf("stop the operator: %v", err)
	}
	defer func() {
		var err error
		if stage.operator, err = startOperator(operatorOptions{}); err != nil {
			t.Fatalf("start the operator again: %v", err)
		}
	}()
	meanwhile()
}

// rounds counts how often the operator looked at each resource: every round begins with reading it. It also notes when the
// operator wrote a status, and how often it applied an object in each namespace.
type rounds struct {
	client.Client
	mu      sync.Mutex
	of      map[client.ObjectKey]int
	writes  map[client.ObjectKey][]write
	applies map[string]int
}

func (r *rounds) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	if _, ok := into.(*v1alpha1.SuperOfficeWebhook); ok {
		r.mu.Lock()
		r.of[key]++
		r.mu.Unlock()
	}
	return r.Client.Get(ctx, key, into, opts...)
}

func (r *rounds) Apply(ctx context.Context, object runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
	if o, ok := object.(interface{ GetNamespace() string }); ok {
		r.mu.Lock()
		r.applies[o.GetNamespace()]++
		r.mu.Unlock()
	}
	return r.Client.Apply(ctx, object, opts...)
}

// appliesIn is how many objects were applied in a namespace, whether that changed them or not.
func (r *rounds) appliesIn(namespace string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.applies[namespace]
}

// write is a status that was written.
type write struct {
	began, ended time.Time
	status       v1alpha1.SuperOfficeWebhookStatus
}

func (r *rounds) Status() client.SubResourceWriter { return statusWriter{r.Client.Status(), r} }

type statusWriter struct {
	client.SubResourceWriter
	rounds *rounds
}

func (w statusWriter) Patch(ctx context.Context, o client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	began := time.Now()
	err := w.SubResourceWriter.Patch(ctx, o, patch, opts...)
	if webhook, ok := o.(*v1alpha1.SuperOfficeWebhook); ok && err == nil {
		w.rounds.mu.Lock()
		defer w.rounds.mu.Unlock()
		key := client.ObjectKeyFromObject(o)
		w.rounds.writes[key] = append(w.rounds.writes[key], write{began, time.Now(), *webhook.Status.DeepCopy()})
	}
	return err
}

func (r *rounds) writesOf(key client.ObjectKey) []write {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.writes[key])
}

func (r *rounds) count(key client.ObjectKey) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[key]
}

// awaitRounds returns when so many rounds have begun and ended from now on.
func awaitRounds(t *testing.T, resource client.Object, n int) {
	t.Helper()
	key := client.ObjectKeyFromObject(resource)
	from := stage.operator.rounds.count(key)
	await(t, fmt.Sprintf("%d more rounds of the operator", n), func(context.Context) (any, bool) {
		begun := stage.operator.rounds.count(key) - from
		return begun, begun > n // one has begun only when the one before has ended
	})
}
