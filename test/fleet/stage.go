// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	core "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/test/cluster"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// stage is a cluster with the operator's resource and rights, receivers that answer, and somebody who watches.
type stage struct {
	*bench
	dir       string
	n         int
	inPools   bool
	cluster   *cluster.Cluster
	spawner   *process.Spawner
	client    client.Client
	audit     *audit
	receivers *receivers
	seen      *seen
	manager   *manager
}

func (b *bench) stage(ctx context.Context, n int) (s *stage, err error) {
	ctrl.SetLogger(logr.Discard()) // what fails is told as an error
	s = &stage{bench: b, n: n, spawner: process.NewSpawner()}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "superoffice-webhook-fleet-"); err != nil {
		return s, err
	}
	args, err := auditArgs(s.dir)
	if err != nil {
		return s, err
	}
	if s.cluster, err = cluster.Start(ctx, cluster.Options{WithoutNode: true, APIServerArgs: args}); err != nil {
		return s, err
	}
	if s.audit, err = follow(ctx, s.dir); err != nil {
		return s, err
	}
	if err = s.install(ctx); err != nil {
		return s, err
	}
	clients, err := kubernetes.NewForConfig(s.cluster.Config())
	if err != nil {
		return s, err
	}
	if err = kubeconfig(ctx, s.cluster.Kubeconfig(), filepath.Join(s.dir, "kubeconfig"), clients); err != nil {
		return s, err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err = add(scheme); err != nil {
			return s, err
		}
	}
	if s.client, err = client.New(s.cluster.Config(), client.Options{Scheme: scheme}); err != nil {
		return s, err
	}
	s.receivers = newReceivers(clients)
	if err = s.receivers.run(ctx); err != nil {
		return s, err
	}
	s.seen, err = watch(ctx, s.cluster.Config(), scheme)
	return s, err
}

// install installs what the operator needs, but for itself.
func (s *stage) install(ctx context.Context) error {
	kubectl, err := cluster.Kubectl(ctx, os.Stderr)
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"create", "namespace", "system"},
		{"apply", "--server-side", "-k", "config/crd"},
		{"apply", "--server-side", "-k", "config/rbac"},
		{"wait", "--for=condition=Established", "crd/superofficewebhooks.webhooks.superoffice.dev", "--timeout=60s"},
	} {
		cmd := exec.CommandContext(ctx, kubectl, args...)
		cmd.Dir = s.root
		cmd.Env = append(os.Environ(), "KUBECONFIG="+s.cluster.Kubeconfig())
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("install: kubectl %v: %w\n%s", args, err, out)
		}
	}
	return nil
}

func (s *stage) close() {
	if s.receivers != nil {
		s.receivers.close()
	}
	s.spawner.Close()
	if s.cluster != nil {
		_ = s.cluster.Stop()
	}
	_ = os.RemoveAll(s.dir)
}

func (s *stage) name(i int) types.NamespacedName {
	if s.inPools {
		return types.NamespacedName{Namespace: fmt.Sprintf("fleet-%d", i/s.poolSize), Name: fmt.Sprintf("crm-%d", i)}
	}
	return types.NamespacedName{Namespace: fmt.Sprintf("fleet-%d", i%s.namespaces), Name: fmt.Sprintf("crm-%d", i)}
}

// namespacesOf are all that resources are in.
func (s *stage) namespacesOf() []string {
	var all []string
	for i := range s.n {
		if ns := s.name(i).Namespace; !slices.Contains(all, ns) {
			all = append(all, ns)
		}
	}
	return all
}

// addReceivers gives each resource, or each pool, an address.
func (s *stage) addReceivers(namespaces []string) error {
	var all []types.NamespacedName
	for i := range s.n {
		all = append(all, s.name(i))
	}
	if s.inPools {
		all = nil
		for _, ns := range namespaces {
			all = append(all, types.NamespacedName{Namespace: ns, Name: pool})
		}
	}
	for _, of := range all {
		if err := s.receivers.add(of); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) webhook(i int) *v1alpha1.SuperOfficeWebhook {
	name := s.name(i)
	w := &v1alpha1.SuperOfficeWebhook{
		ObjectMeta: meta.ObjectMeta{Namespace: name.Namespace, Name: name.Name},
		Spec: v1alpha1.SuperOfficeWebhookSpec{
			Secret: v1alpha1.WebhookSecret{Name: name.Name},
			Sinks:  []v1alpha1.Sink{{Name: "erp", HTTP: &v1alpha1.HTTPSink{URL: "https://erp.example.com/hooks"}}},
		},
	}
	if s.inPools {
		w.Spec.Receiver.Pool = pool
	}
	return w
}

func (s *stage) secret(i int) *core.Secret {
	name := s.name(i)
	return &core.Secret{
		ObjectMeta: meta.ObjectMeta{Namespace: name.Namespace, Name: name.Name},
		Data:       map[string][]byte{"secret": fmt.Appendf(nil, "secret %d", rand.Uint64())},
	}
}

// each does something for all of some resources, many at a time.
func each(ctx context.Context, n int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan int)
	var done sync.WaitGroup
	for range 16 {
		done.Go(func() {
			for i := range work {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	done.Wait()
	return context.Cause(ctx)
}

// await waits until that many resources are as wanted, or the manager has ended.
func (s *stage) await(ctx context.Context, n int, wanted func(*v1alpha1.SuperOfficeWebhook) bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := s.manager.Done()
	go func() {
		select {
		case <-ctx.Done():
		case <-done:
			cancel(fmt.Errorf("the manager has ended; its log ends with:\n%s", process.Tail(s.manager.log)))
		}
	}()
	return s.seen.await(ctx, n, wanted)
}

// seen knows the last version of each resource, by a watch.
type seen struct {
	mu      sync.Mutex
	of      map[types.NamespacedName]*v1alpha1.SuperOfficeWebhook
	changed chan struct{}
}

func watch(ctx context.Context, config *rest.Config, scheme *runtime.Scheme) (*seen, error) {
	watching, err := cache.New(config, cache.Options{Scheme: scheme})
	if err != nil {
		return nil, err
	}
	informer, err := watching.GetInformer(ctx, &v1alpha1.SuperOfficeWebhook{}, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, err
	}
	s := &seen{of: map[types.NamespacedName]*v1alpha1.SuperOfficeWebhook{}, changed: make(chan struct{}, 1)}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { s.note(o.(*v1alpha1.SuperOfficeWebhook)) },
		UpdateFunc: func(_, o any) { s.note(o.(*v1alpha1.SuperOfficeWebhook)) },
	})
	if err != nil {
		return nil, err
	}
	go func() { _ = watching.Start(ctx) }() // ends with the context
	watching.WaitForCacheSync(ctx)
	return s, nil
}

func (s *seen) note(w *v1alpha1.SuperOfficeWebhook) {
	s.mu.Lock()
	s.of[client.ObjectKeyFromObject(w)] = w
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// await waits until that many resources are as wanted.
func (s *seen) await(ctx context.Context, n int, wanted func(*v1alpha1.SuperOfficeWebhook) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		s.mu.Lock()
		found, other := 0, ""
		for name, w := range s.of {
			if wanted(w) {
				found++
			} else {
				other = fmt.Sprintf("%s: generation %d, %+v", name, w.Generation, w.Status.Conditions)
			}
		}
		s.mu.Unlock()
		if found >= n {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d resources are as wanted, not %s: %w", found, n, other, context.Cause(ctx))
		case <-s.changed:
		}
	}
}

// patience is the longest that is waited for anything.
const patience = 30 * time.Minute

func ready(w *v1alpha1.SuperOfficeWebhook) bool {
	c := apimeta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionReady)
	return c != nil && c.Status == meta.ConditionTrue && c.ObservedGeneration == w.Generation
}
