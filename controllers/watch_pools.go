// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"context"
	"strings"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// indexPool finds the members of a pool.
const indexPool = "pool"

func poolNames(o client.Object) []string {
	if pool := o.(*v1alpha1.SuperOfficeWebhook).Spec.Receiver.Pool; pool != "" {
		return []string{pool}
	}
	return nil
}

// setupPools registers the keeper of pools and what wakes it: members that come, change or go, and changes of what it made.
func (r *Reconciler) setupPools(mgr ctrl.Manager, wake chan<- event.GenericEvent) (controller.Controller, error) {
	keeper := &poolKeeper{
		client: r.Client, writer: writer{r.Client, r.Live, &memory[map[string]written]{}}, options: r.Render, interval: r.ObserveInterval,
		targets: r.targets, pools: &r.pools, wake: wake,
	}
	made := handler.EnqueueRequestsFromMapFunc(poolOfObject)
	return ctrl.NewControllerManagedBy(mgr).
		Named("superofficewebhook-pool").
		Watches(&v1alpha1.SuperOfficeWebhook{}, handler.EnqueueRequestsFromMapFunc(poolOfWebhook), builder.WithPredicates(webhookChanged)).
		Watches(&apps.Deployment{}, made).
		Watches(&core.Service{}, made).
		WatchesMetadata(&core.ServiceAccount{}, made).
		WatchesMetadata(&policy.PodDisruptionBudget{}, made).
		WatchesMetadata(&autoscaling.HorizontalPodAutoscaler{}, made).
		WatchesMetadata(&networking.NetworkPolicy{}, made).
		WithOptions(controller.Options{MaxConcurrentReconciles: cmp.Or(r.Concurrency, DefaultConcurrency), ReconciliationTimeout: roundTimeout}).
		Build(keeper)
}

func poolOfWebhook(_ context.Context, o client.Object) []reconcile.Request {
	webhook := o.(*v1alpha1.SuperOfficeWebhook)
	if !isPooled(webhook) {
		return nil
	}
	return []reconcile.Request{{NamespacedName: poolOf(webhook)}}
}

// poolOfObject goes by the name: labels are not in the cache, and an object may have lost its owners.
func poolOfObject(_ context.Context, o client.Object) []reconcile.Request {
	pool, ok := strings.CutSuffix(o.GetName(), render.PoolName(""))
	if !ok || meta.GetControllerOf(o) != nil {
		return nil
	}
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: o.GetNamespace(), Name: pool}}}
}
