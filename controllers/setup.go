// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"context"
	"fmt"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

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
// of any object it owns, of its pods and of every Secret it reads. The manager's cache must be made with CacheOptions.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager) error {
	err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.SuperOfficeWebhook{}, indexSecrets, secretNames)
	if err != nil {
		return fmt.Errorf("index resources by their Secrets: %w", err)
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.SuperOfficeWebhook{}, builder.WithPredicates(webhookChanged)).
		Owns(&apps.Deployment{}).
		Owns(&core.ServiceAccount{}, builder.OnlyMetadata).
		Owns(&core.ConfigMap{}, builder.OnlyMetadata).
		Owns(&core.Service{}, builder.OnlyMetadata).
		Owns(&policy.PodDisruptionBudget{}, builder.OnlyMetadata).
		Owns(&core.PersistentVolumeClaim{}, builder.OnlyMetadata).
		Watches(&core.Pod{}, handler.EnqueueRequestsFromMapFunc(webhookOfPod), builder.WithPredicates(podChanged)).
		WatchesMetadata(&core.Secret{}, handler.EnqueueRequestsFromMapFunc(r.readersOfSecret)).
		WithOptions(controller.Options{MaxConcurrentReconciles: cmp.Or(r.Concurrency, DefaultConcurrency), ReconciliationTimeout: roundTimeout}).
		Complete(r)
}

// webhookChanged lets through what asks for a round: another spec, or the wish for one. A new status is the operator's own.
var webhookChanged = predicate.Or(predicate.GenerationChangedPredicate{}, predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool { return requested(e.ObjectOld) != requested(e.ObjectNew) },
})

func webhookOfPod(_ context.Context, pod client.Object) []reconcile.Request {
	name := pod.GetLabels()[render.LabelWebhook]
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: pod.GetNamespace(), Name: name}}}
}

// readersOfSecret finds the resources to look at when a Secret came, changed or went.
func (r *Reconciler) readersOfSecret(ctx context.Context, secret client.Object) []reconcile.Request {
	var webhooks v1alpha1.SuperOfficeWebhookList
	err := r.Client.List(ctx, &webhooks, client.InNamespace(secret.GetNamespace()), client.MatchingFields{indexSecrets: secret.GetName()})
	if err != nil { // the index is missing, which is a mistake in this program
		ctrl.LoggerFrom(ctx).Error(err, "Can't find the resources that read a Secret", "secret", client.ObjectKeyFromObject(secret))
		return nil
	}
	var requests []reconcile.Request
	for i := range webhooks.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&webhooks.Items[i])})
	}
	return requests
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
