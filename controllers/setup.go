// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"context"
	"fmt"
	"time"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// indexSecrets finds the resources that read a Secret.
const indexSecrets = "secrets"

// DefaultConcurrency of rounds: each may wait for receivers that don't answer, and must not hold up the others.
const DefaultConcurrency = 16

// roundTimeout bounds one round.
const roundTimeout = time.Minute

// Only the elected manager reconciles: one lease in its own namespace, and Events about it.
//
// +kubebuilder:rbac:groups=coordination.k8s.io,resources=leases,verbs=get;create;update,namespace=system
// +kubebuilder:rbac:groups="",resources=events,verbs=create;patch,namespace=system

// SetupWithManager registers the reconciler and what wakes it: changes of a resource's spec, the wish for a round, changes
// of any object it owns, of its pods, of every Secret it reads and of every object that its sinks refer to. The manager's
// cache must be made with CacheOptions.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager) error {
	var err error
	if r.Render.AssignsGroups, err = assignsGroups(mgr.GetRESTMapper()); err != nil {
		return err
	}
	err = mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.SuperOfficeWebhook{}, indexSecrets, secretNames)
	if err != nil {
		return fmt.Errorf("index resources by their Secrets: %w", err)
	}
	if scheme := mgr.GetScheme(); !scheme.Recognizes(routeKind) {
		if err := gateway.Install(scheme); err != nil {
			return fmt.Errorf("register the types of the Gateway API: %w", err)
		}
	}
	err = mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.SuperOfficeWebhook{}, indexTargets, targetNames)
	if err != nil {
		return fmt.Errorf("index resources by what their sinks refer to: %w", err)
	}
	err = mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.SuperOfficeWebhook{}, indexPool, poolNames)
	if err != nil {
		return fmt.Errorf("index resources by their pools: %w", err)
	}
	wake := make(chan event.GenericEvent)
	built, err := ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.SuperOfficeWebhook{}, builder.WithPredicates(webhookChanged)).
		Owns(&apps.Deployment{}, builder.MatchEveryOwner). // that of a pool has several
		Owns(&core.ServiceAccount{}, builder.OnlyMetadata).
		Owns(&core.ConfigMap{}, builder.OnlyMetadata).
		Owns(&core.Service{}, builder.MatchEveryOwner).
		Owns(&networking.Ingress{}).
		Owns(&policy.PodDisruptionBudget{}, builder.OnlyMetadata).
		Owns(&autoscaling.HorizontalPodAutoscaler{}, builder.OnlyMetadata).
		Owns(&networking.NetworkPolicy{}, builder.OnlyMetadata).
		Owns(&core.PersistentVolumeClaim{}).
		Watches(&core.Pod{}, handler.EnqueueRequestsFromMapFunc(r.webhooksOfPod), builder.WithPredicates(podChanged)).
		WatchesMetadata(&core.Secret{}, handler.EnqueueRequestsFromMapFunc(r.readersOfSecret)).
		WithOptions(controller.Options{MaxConcurrentReconciles: cmp.Or(r.Concurrency, DefaultConcurrency), ReconciliationTimeout: roundTimeout}).
		WatchesRawSource(source.Channel(wake, &handler.EnqueueRequestForObject{})).
		Build(r)
	if err != nil {
		return err
	}
	if err := r.watchGatewayAPI(ctx, mgr, built); err != nil {
		return err
	}
	pools, err := r.setupPools(mgr, wake)
	if err != nil {
		return err
	}
	if err := r.watchTargets(mgr, built, pools); err != nil {
		return err
	}
	return r.setupProber(mgr, wake)
}

// watchGatewayAPI watches HTTPRoutes from when the cluster serves them.
func (r *Reconciler) watchGatewayAPI(ctx context.Context, mgr ctrl.Manager, built controller.Controller) error {
	d, err := discovery.NewDiscoveryClientForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return fmt.Errorf("make the client that asks for APIs: %w", err)
	}
	r.gateways.until, r.gateways.interval, r.gateways.serves = ctx, r.ObserveInterval, servesHTTPRoutes(d)
	r.gateways.open = func() (cache.Cache, error) {
		o := gatewayCacheOptions(r.Namespaces)
		o.HTTPClient, o.Scheme, o.Mapper = mgr.GetHTTPClient(), mgr.GetScheme(), mgr.GetRESTMapper()
		return cache.New(mgr.GetConfig(), o)
	}
	r.gateways.watch = func(c cache.Cache) error {
		owner := handler.TypedEnqueueRequestForOwner[*gateway.HTTPRoute](mgr.GetScheme(), mgr.GetRESTMapper(), &v1alpha1.SuperOfficeWebhook{}, handler.OnlyControllerOwner())
		return built.Watch(source.Kind(c, &gateway.HTTPRoute{}, owner))
	}
	return mgr.Add(&r.gateways)
}

// webhookChanged lets through what asks for a round: another spec, or the wish for one. A new status is the operator's own.
var webhookChanged = predicate.Or(predicate.GenerationChangedPredicate{}, predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool { return requested(e.ObjectOld) != requested(e.ObjectNew) },
})

// webhooksOfPod finds the resources that a receiver pod serves.
func (r *Reconciler) webhooksOfPod(ctx context.Context, pod client.Object) []reconcile.Request {
	if pool := pod.GetLabels()[render.LabelPool]; pool != "" {
		return webhookRequests(r.indexed(ctx, indexPool, pool, pod))
	}
	name := pod.GetLabels()[render.LabelWebhook]
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: pod.GetNamespace(), Name: name}}}
}

// readersOfSecret finds the resources to look at when a Secret came, changed or went.
func (r *Reconciler) readersOfSecret(ctx context.Context, secret client.Object) []reconcile.Request {
	return webhookRequests(r.indexed(ctx, indexSecrets, secret.GetName(), secret))
}

// secretNames are the Secrets that a resource reads.
func secretNames(o client.Object) []string {
	webhook := o.(*v1alpha1.SuperOfficeWebhook)
	names := []string{webhook.Spec.Secret.Name}
	for _, ref := range render.References(webhook) {
		names = append(names, ref.Name)
	}
	return names
}
