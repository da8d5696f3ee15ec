// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/controllers/render"
)

// FieldManager owns the fields that the operator writes.
const FieldManager = "superoffice-webhook-operator"

// Server-side apply is a patch, and a creation where there is nothing yet. An object that is in the way is read by name, to
// tell whose it is. Foreground deletion waits for the objects (blockOwnerDeletion), which some clusters allow only to who
// may update the owner's finalizers.
//
// +kubebuilder:rbac:groups="",resources=serviceaccounts;configmaps;services;persistentvolumeclaims,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=policy,resources=poddisruptionbudgets,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=autoscaling,resources=horizontalpodautoscalers,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=webhooks.superoffice.dev,resources=superofficewebhooks/finalizers,verbs=update

// apply writes the objects that differ from what is wanted. While one of their names is known to be taken by an object of
// somebody else, none is written; an object that turns up only when its name is to be used ends the round there, and what
// was made before it waits for the name to be free.
//
// A suspended resource gets its former configuration, with which receivers pause, and what it lacks; nothing else that is
// there is changed, but that the Service follows receivers that have got another entrance.
func (w writer) apply(ctx context.Context, o owner, objects *render.Objects) ([]obstacle, error) {
	var children []child
	var obstacles []obstacle
	for _, object := range objects.All() {
		c, err := w.child(ctx, o, w.client, object)
		if err != nil {
			return nil, err
		}
		if c.wanted.GetKind() == "Deployment" && objects.Autoscaled {
			c.firstReplicas = &objects.LeastReplicas
		}
		switch {
		case c.live != nil && !o.owns(c.live):
			obstacles = append(obstacles, obstacleOf(o, c))
		case c.live == nil, !o.suspended, c.wanted.GetKind() == "ConfigMap", c.wanted.GetKind() == "Service" && objects.EntranceMoves:
			children = append(children, c)
		}
	}
	if len(obstacles) > 0 {
		return obstacles, nil
	}
	if !o.suspended {
		for _, kind := range objects.Unwanted() {
			if err := w.remove(ctx, o, w.client, metadataOf(kind)); err != nil {
				return nil, fmt.Errorf("delete %s: %w", kind.Kind, err)
			}
		}
	}
	return w.write(ctx, o, children)
}

// remove deletes an object that its owner asked for before and does not any more, as it was seen: what came in its place
// meanwhile stays, as does what is not the owner's own.
func (w writer) remove(ctx context.Context, o owner, cached client.Reader, object client.Object) error {
	err := cached.Get(ctx, client.ObjectKey{Namespace: o.key.Namespace, Name: o.objects}, object)
	if err != nil || !o.owns(object) || object.GetDeletionTimestamp() != nil {
		return client.IgnoreNotFound(err)
	}
	uid, version := object.GetUID(), object.GetResourceVersion()
	err = w.client.Delete(ctx, object, client.Preconditions{UID: &uid, ResourceVersion: &version})
	if err == nil {
		kind, _ := w.client.GroupVersionKindFor(object) // it was read by it
		ctrl.LoggerFrom(ctx).Info("Deleted an object", "kind", kind.Kind, "object", object.GetName())
	}
	return client.IgnoreNotFound(err)
}

// child is an object as it should be and as it is.
type child struct {
	wanted *unstructured.Unstructured
	// applied is the fingerprint of the wanted object.
	applied string
	// live is nil if no object of that name is known.
	live client.Object
	// firstReplicas is set for a Deployment whose number of replicas an autoscaler decides on.
	firstReplicas *int32
}

func (w writer) child(ctx context.Context, o owner, cached client.Reader, object runtime.ApplyConfiguration) (c child, err error) {
	if c.wanted, c.applied, err = render.Encode(object); err != nil {
		return child{}, err
	}
	if c.live, err = w.find(ctx, o, cached, c.wanted.GroupVersionKind(), client.ObjectKeyFromObject(c.wanted)); err != nil {
		return child{}, fmt.Errorf("read %s %q: %w", c.wanted.GetKind(), c.wanted.GetName(), err)
	}
	return c, nil
}

// find reads an object from the cache. That does not hold what belongs to others, so while its owner waits for a name it is
// read past the cache too.
func (w writer) find(ctx context.Context, o owner, cached client.Reader, kind schema.GroupVersionKind, key client.ObjectKey) (client.Object, error) {
	own := cachedObject(kind)
	err := cached.Get(ctx, key, own)
	switch {
	case err == nil:
		return own, nil
	case !apierrors.IsNotFound(err):
		return nil, err
	case o.waits:
		return w.past(ctx, kind, key)
	}
	return nil, nil
}

// past reads an object past the cache; nil if there is none.
func (w writer) past(ctx context.Context, kind schema.GroupVersionKind, key client.ObjectKey) (client.Object, error) {
	object := metadataOf(kind)
	if err := w.live.Get(ctx, key, object); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return object, nil
}

// cachedObject is an empty object of the form in which the cache holds a kind: typed for those whose status is needed, and
// metadata for all others.
func cachedObject(kind schema.GroupVersionKind) client.Object {
	switch kind {
	case apps.SchemeGroupVersion.WithKind("Deployment"):
		return &apps.Deployment{}
	case core.SchemeGroupVersion.WithKind("Service"):
		return &core.Service{}
	case core.SchemeGroupVersion.WithKind("PersistentVolumeClaim"):
		return &core.PersistentVolumeClaim{}
	case networking.SchemeGroupVersion.WithKind("Ingress"):
		return &networking.Ingress{}
	case routeKind:
		return &gateway.HTTPRoute{}
	}
	return metadataOf(kind)
}

func metadataOf(kind schema.GroupVersionKind) client.Object {
	o := &meta.PartialObjectMetadata{}
	o.SetGroupVersionKind(kind)
	return o
}
