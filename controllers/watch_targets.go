// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// indexTargets finds the resources whose sinks refer to an object.
const indexTargets = "targets"

// watches begin while the operator runs: which kinds sinks refer to is not known before, and some may be installed later.
// They are metadata only, and stay until the operator ends; the rights that it was given keep their number small.
type watches struct {
	begin func(schema.GroupVersionKind) error

	mu    sync.Mutex
	begun map[schema.GroupVersionKind]bool
}

// ensure watches a kind from now on.
func (w *watches) ensure(kind schema.GroupVersionKind) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begin == nil || w.begun[kind] {
		return nil
	}
	if err := w.begin(kind); err != nil {
		return err
	}
	if w.begun == nil {
		w.begun = map[schema.GroupVersionKind]bool{}
	}
	w.begun[kind] = true
	return nil
}

// watchTargets prepares a cache of its own for what sinks refer to, because the manager's holds of Services only those that
// the operator made. It stays empty until a sink refers to something.
func (r *Reconciler) watchTargets(mgr ctrl.Manager, webhooks, pools controller.Controller) error {
	targets, err := cache.New(mgr.GetConfig(), cache.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
		DefaultNamespaces: perNamespace(r.Namespaces),
		DefaultTransform:  stripTarget,
	})
	if err != nil {
		return fmt.Errorf("make the cache of what sinks refer to: %w", err)
	}
	r.watched.begin = func(kind schema.GroupVersionKind) error {
		return errors.Join(
			webhooks.Watch(source.Kind[client.Object](targets, metadataOf(kind), handler.EnqueueRequestsFromMapFunc(r.referrersTo(kind)))),
			pools.Watch(source.Kind[client.Object](targets, metadataOf(kind), handler.EnqueueRequestsFromMapFunc(r.poolsReferringTo(kind)))))
	}
	return mgr.Add(targets)
}

// stripTarget keeps what tells that an object has changed.
func stripTarget(in any) (any, error) {
	m, ok := in.(*meta.PartialObjectMetadata)
	if !ok {
		return in, nil
	}
	m.ObjectMeta = meta.ObjectMeta{Name: m.Name, Namespace: m.Namespace, UID: m.UID, ResourceVersion: m.ResourceVersion}
	return m, nil
}

// referrersTo finds the resources to look at when an object of a kind came, changed or went.
func (r *Reconciler) referrersTo(kind schema.GroupVersionKind) handler.MapFunc {
	return func(ctx context.Context, object client.Object) []reconcile.Request {
		return webhookRequests(r.indexed(ctx, indexTargets, targetKey(kind, object.GetName()), object))
	}
}

// poolsReferringTo finds the pools with such resources: their network policies may name the pods behind the object.
func (r *Reconciler) poolsReferringTo(kind schema.GroupVersionKind) handler.MapFunc {
	return func(ctx context.Context, object client.Object) []reconcile.Request {
		var requests []reconcile.Request
		for _, w := range r.indexed(ctx, indexTargets, targetKey(kind, object.GetName()), object) {
			requests = append(requests, poolOfWebhook(ctx, &w)...)
		}
		return requests
	}
}

// indexed finds the resources in the namespace of an object that an index has under a key. They belong to the cache.
func (r *Reconciler) indexed(ctx context.Context, index, key string, object client.Object) []v1alpha1.SuperOfficeWebhook {
	var webhooks v1alpha1.SuperOfficeWebhookList
	err := r.Client.List(ctx, &webhooks, client.InNamespace(object.GetNamespace()), client.MatchingFields{index: key}, client.UnsafeDisableDeepCopy)
	if err != nil { // the index is missing, which is a mistake in this program
		ctrl.LoggerFrom(ctx).Error(err, "Can't find the resources that refer to an object", "index", index, "object", client.ObjectKeyFromObject(object))
		return nil
	}
	return webhooks.Items
}

func webhookRequests(webhooks []v1alpha1.SuperOfficeWebhook) []reconcile.Request {
	var requests []reconcile.Request
	for i := range webhooks {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&webhooks[i])})
	}
	return requests
}

// targetNames are the objects that the sinks of a resource refer to.
func targetNames(o client.Object) []string {
	var names []string
	for _, sink := range o.(*v1alpha1.SuperOfficeWebhook).Spec.Sinks {
		if sink.HTTP != nil && sink.HTTP.Ref != nil {
			names = append(names, targetKey(kindOf(sink.HTTP.Ref), sink.HTTP.Ref.Name))
		}
	}
	return names
}

func targetKey(kind schema.GroupVersionKind, name string) string {
	return strings.Join([]string{kind.Group, kind.Kind, name}, "/")
}
