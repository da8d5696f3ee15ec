// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

const (
	// gatherFor is how old the youngest new member of a pool has to be before its pods are replaced, so that those that come
	// together are taken in together.
	gatherFor = 2 * time.Second
	// gatherAtMost is how long a new member waits for others.
	gatherAtMost = 10 * time.Second
	// configPause is how long it waits for the configuration of a new member at a time.
	configPause = 500 * time.Millisecond
)

// poolKeeper makes the receivers that resources share. It is a controller of its own, keyed by namespace and pool; it needs
// nothing but the resources themselves. What it found is told by the Reconciler, in the status of each member, which it wakes
// when that is something else than before.
type poolKeeper struct {
	client   client.Client
	writer   writer
	options  render.Options
	interval time.Duration
	// targets finds what the sinks of a member refer to.
	targets func(context.Context, *v1alpha1.SuperOfficeWebhook) (render.Targets, []problem, error)
	pools   *memory[*pooled]
	wake    chan<- event.GenericEvent
}

// pooled is how a pool was at the last look.
type pooled struct {
	// trouble is what keeps its receivers from being made or changed; nil for nothing.
	trouble *verdict
	agreed  *render.Agreement
	// service is the one that leads to the receivers; nil before it was made.
	service       *corev1.ServiceApplyConfiguration
	autoscaled    bool
	leastReplicas int32
	// generation is that of the Deployment as it was applied last, of which the cache may still be ignorant.
	generation int64
}

func isPooled(webhook *v1alpha1.SuperOfficeWebhook) bool { return webhook.Spec.Receiver.Pool != "" }

func poolOf(webhook *v1alpha1.SuperOfficeWebhook) client.ObjectKey {
	return client.ObjectKey{Namespace: webhook.Namespace, Name: webhook.Spec.Receiver.Pool}
}

// Reconcile makes the objects of a pool what its members want. Those of one without members are the garbage collector's.
func (p *poolKeeper) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	key := req.NamespacedName
	members, err := p.members(ctx, key)
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("list the members of the pool: %w", err)
	}
	if len(members) == 0 {
		p.pools.forget(key)
		p.writer.applied.forget(key)
		return ctrl.Result{}, nil
	}
	former := p.pools.recall(key)
	found := &pooled{}
	if former != nil {
		*found = *former
	}
	found.agreed = render.Agree(members, p.options)
	pause, err := p.gather(ctx, key, members)
	if err == nil && pause == 0 {
		err = p.look(ctx, key, members, found)
	}
	if ctx.Err() != nil {
		return ctrl.Result{}, ctx.Err() // the operator is stopping
	}
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: staleRetry}, nil
	}
	if !reflect.DeepEqual(former, found) {
		p.pools.keep(key, found)
		p.tell(ctx, members)
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	if pause > 0 {
		return ctrl.Result{RequeueAfter: pause}, nil
	}
	return ctrl.Result{RequeueAfter: wait.Jitter(p.interval, 0.1)}, nil
}

// look writes what differs, and notes what came of it.
func (p *poolKeeper) look(ctx context.Context, key client.ObjectKey, members []*v1alpha1.SuperOfficeWebhook, found *pooled) error {
	all, err := p.withTargets(ctx, members, found.agreed)
	if err != nil {
		return found.fail(key, err)
	}
	if err := p.withFormer(ctx, key, all); err != nil {
		return found.fail(key, fmt.Errorf("read what is in force: %w", err))
	}
	objects, err := render.Pool(all, found.agreed, p.options)
	if err != nil {
		found.invalid(key, err)
		return nil
	}
	waits := found.trouble != nil && isAboutName(found.trouble.reason)
	obstacles, err := p.writer.apply(ctx, ownersOf(key, members, waits), objects)
	if apierrors.IsInvalid(err) {
		found.invalid(key, err)
		return nil
	}
	if err != nil {
		return found.fail(key, err)
	}
	if len(obstacles) > 0 {
		found.service = nil // it might be somebody else's
		found.trouble = new(judgeObstacles(obstacles, "use another pool"))
		return nil
	}
	found.trouble, found.service = nil, objects.Service
	found.autoscaled, found.leastReplicas = objects.Autoscaled, objects.LeastReplicas
	if written := p.writer.applied.recall(key)["Deployment"]; written.generation > 0 {
		found.generation = written.generation
	}
	return nil
}

// fail notes why a round failed that is worth another try.
func (f *pooled) fail(pool client.ObjectKey, err error) error {
	f.trouble = &verdict{working, meta.ConditionFalse, v1alpha1.ReasonProgressingWithRetry, fmt.Sprintf("pool %q: %v", pool.Name, err)}
	return err
}

// invalid notes that nothing can be made of what the members want.
func (f *pooled) invalid(pool client.ObjectKey, err error) {
	f.trouble = &verdict{stuck, meta.ConditionFalse, v1alpha1.ReasonInvalid, fmt.Sprintf("pool %q: %v", pool.Name, err)}
}

// withTargets finds what the members' sinks refer to, where that matters: a network policy names it. What is wrong with that
// is told by the members.
func (p *poolKeeper) withTargets(ctx context.Context, webhooks []*v1alpha1.SuperOfficeWebhook, agreed *render.Agreement) ([]render.Member, error) {
	var members []render.Member
	policy := agreed.Receiver.NetworkPolicy
	for _, w := range webhooks {
		m := render.Member{SuperOfficeWebhook: w}
		if policy != nil && policy.Egress != nil {
			var err error
			if m.Targets, _, err = p.targets(ctx, w); err != nil {
				return nil, fmt.Errorf("find what the sinks of %s refer to: %w", w.Name, err)
			}
		}
		members = append(members, m)
	}
	return members, nil
}

// withFormer finds what members that are suspended have in force, so that the pods keep what that needs.
func (p *poolKeeper) withFormer(ctx context.Context, pool client.ObjectKey, members []render.Member) error {
	if !slices.ContainsFunc(members, func(m render.Member) bool { return m.Spec.Suspend }) {
		return nil
	}
	var deployment apps.Deployment // past the cache, which knows nothing of the pods
	err := p.writer.live.Get(ctx, client.ObjectKey{Namespace: pool.Namespace, Name: render.PoolName(pool.Name)}, &deployment)
	if err != nil {
		return client.IgnoreNotFound(err)
	}
	for i, m := range members {
		if !m.Spec.Suspend || !isMember(&deployment, m.SuperOfficeWebhook) {
			continue
		}
		former, err := formerConfig(ctx, p.writer.live, m.SuperOfficeWebhook)
		if err != nil {
			return err
		}
		if former != nil {
			former.Pods = &deployment.Spec.Template
			members[i].Former = former
		}
	}
	return nil
}

// members are those that are not on their way out. They belong to the cache: nothing of them may be changed.
func (p *poolKeeper) members(ctx context.Context, pool client.ObjectKey) ([]*v1alpha1.SuperOfficeWebhook, error) {
	var list v1alpha1.SuperOfficeWebhookList
	err := p.client.List(ctx, &list, client.InNamespace(pool.Namespace), client.MatchingFields{indexPool: pool.Name}, client.UnsafeDisableDeepCopy)
	var members []*v1alpha1.SuperOfficeWebhook
	for i := range list.Items {
		if list.Items[i].DeletionTimestamp.IsZero() {
			members = append(members, &list.Items[i])
		}
	}
	return members, err
}

// gather is how long to wait before members are taken in that the Deployment has not got.
func (p *poolKeeper) gather(ctx context.Context, pool client.ObjectKey, members []*v1alpha1.SuperOfficeWebhook) (time.Duration, error) {
	var deployment apps.Deployment
	err := p.client.Get(ctx, client.ObjectKey{Namespace: pool.Namespace, Name: render.PoolName(pool.Name)}, &deployment)
	if client.IgnoreNotFound(err) != nil {
		return 0, fmt.Errorf("read Deployment: %w", err)
	}
	var all []newcomer
	for _, m := range members {
		if isMember(&deployment, m) {
			continue
		}
		config := metadataOf(core.SchemeGroupVersion.WithKind("ConfigMap"))
		err := p.client.Get(ctx, client.ObjectKey{Namespace: m.Namespace, Name: render.Name(m)}, config)
		if client.IgnoreNotFound(err) != nil {
			return 0, fmt.Errorf("read ConfigMap: %w", err)
		}
		all = append(all, newcomer{time.Since(m.CreationTimestamp.Time), err == nil})
	}
	return gathering(all), nil
}

// newcomer is a member that is to be taken in.
type newcomer struct {
	age time.Duration
	// configured says that its configuration was made. A pod that starts without would see it a minute later.
	configured bool
}

// gathering is how long to wait for more. Where the clocks of the cluster are too far apart to tell, it is not at all.
func gathering(all []newcomer) (pause time.Duration) {
	for _, n := range all {
		if n.age < 0 || n.age >= gatherAtMost {
			return 0
		}
		pause = max(pause, gatherFor-n.age)
		if !n.configured {
			pause = max(pause, configPause)
		}
	}
	return pause
}

// tell wakes the members.
func (p *poolKeeper) tell(ctx context.Context, members []*v1alpha1.SuperOfficeWebhook) {
	for _, m := range members {
		select {
		case p.wake <- event.GenericEvent{Object: m}:
		case <-ctx.Done():
			return
		}
	}
}
