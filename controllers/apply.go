// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"encoding/json"
	"fmt"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// FieldManager owns the fields that the operator writes.
const FieldManager = "superoffice-webhook-operator"

// Server-side apply is a patch, and a creation where there is nothing yet. An object that the cache does not hold is
// read by name, to tell a stranger's from none. Foreground deletion waits for the objects (blockOwnerDeletion), which
// some clusters allow only to who may update the owner's finalizers.
//
// +kubebuilder:rbac:groups="",resources=serviceaccounts;configmaps;services;persistentvolumeclaims,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=policy,resources=poddisruptionbudgets,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=autoscaling,resources=horizontalpodautoscalers,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=webhooks.superoffice.dev,resources=superofficewebhooks/finalizers,verbs=update

// apply writes the objects that differ from what is wanted. It looks at all of them first: while one name is taken by an
// object of somebody else, none is written, so that no half of a receiver comes into being.
//
// A suspended resource gets its new configuration, which is what tells receivers to pause, and nothing else.
func (r *Reconciler) apply(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, objects *render.Objects) ([]obstacle, error) {
	wanted, unwanted := objects.All(), objects.Unwanted()
	if webhook.Spec.Suspend {
		wanted, unwanted = []runtime.ApplyConfiguration{objects.ConfigMap}, nil
	}
	var children []child
	var obstacles []obstacle
	for _, object := range wanted {
		c, err := r.child(ctx, r.Client, object)
		if err != nil {
			return nil, err
		}
		if c.wanted.GetKind() == "Deployment" {
			c.firstReplicas = objects.FirstReplicas
		}
		children = append(children, c)
		if c.live != nil && !meta.IsControlledBy(c.live, webhook) {
			obstacles = append(obstacles, obstacleOf(webhook, c))
		}
	}
	if len(obstacles) > 0 {
		return obstacles, nil
	}
	for _, kind := range unwanted {
		if err := r.remove(ctx, webhook, r.Client, metadataOf(kind)); err != nil {
			return nil, fmt.Errorf("delete %s: %w", kind.Kind, err)
		}
	}
	return nil, r.write(ctx, webhook, children)
}

// remove deletes an object that the resource asked for before and does not any more, as it was seen: what came in its place
// meanwhile stays, as does what is not the resource's own.
func (r *Reconciler) remove(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, cached client.Reader, object client.Object) error {
	err := cached.Get(ctx, client.ObjectKey{Namespace: webhook.Namespace, Name: render.Name(webhook)}, object)
	if err != nil || !meta.IsControlledBy(object, webhook) || object.GetDeletionTimestamp() != nil {
		return client.IgnoreNotFound(err)
	}
	uid, version := object.GetUID(), object.GetResourceVersion()
	err = r.Client.Delete(ctx, object, client.Preconditions{UID: &uid, ResourceVersion: &version})
	if err == nil {
		kind, _ := r.Client.GroupVersionKindFor(object) // it was read by it
		ctrl.LoggerFrom(ctx).Info("Deleted an object", "kind", kind.Kind, "object", object.GetName())
	}
	return client.IgnoreNotFound(err)
}

// child is an object as it should be and as it is.
type child struct {
	wanted *unstructured.Unstructured
	// applied is the wanted object as JSON: what it is recognised by.
	applied string
	// live is nil if there is no object of that name.
	live client.Object
	// firstReplicas is set for a Deployment whose number of replicas an autoscaler decides on.
	firstReplicas *int32
}

func (r *Reconciler) child(ctx context.Context, cached client.Reader, object runtime.ApplyConfiguration) (child, error) {
	data, err := json.Marshal(object)
	if err != nil {
		return child{}, fmt.Errorf("encode object: %w", err)
	}
	c := child{wanted: &unstructured.Unstructured{}, applied: string(data)}
	if err := c.wanted.UnmarshalJSON(data); err != nil {
		return child{}, fmt.Errorf("decode object: %w", err)
	}
	if c.live, err = r.live(ctx, cached, c.wanted.GroupVersionKind(), client.ObjectKeyFromObject(c.wanted)); err != nil {
		return child{}, fmt.Errorf("read %s %q: %w", c.wanted.GetKind(), c.wanted.GetName(), err)
	}
	return c, nil
}

// live reads an object from the cache, or past it, because the cache does not hold what belongs to others.
func (r *Reconciler) live(ctx context.Context, cached client.Reader, kind schema.GroupVersionKind, key client.ObjectKey) (client.Object, error) {
	own := cachedObject(kind)
	err := cached.Get(ctx, key, own)
	if !apierrors.IsNotFound(err) {
		return own, err
	}
	stranger := metadataOf(kind)
	if err := r.Live.Get(ctx, key, stranger); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return stranger, nil
}

// cachedObject is an empty object of the form in which the cache holds a kind: whole for those whose status is needed, and
// metadata for all others.
func cachedObject(kind schema.GroupVersionKind) client.Object {
	switch kind {
	case apps.SchemeGroupVersion.WithKind("Deployment"):
		return &apps.Deployment{}
	case core.SchemeGroupVersion.WithKind("Service"):
		return &core.Service{}
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

// written is what an object was when the operator last applied it.
type written struct {
	// applied is what was asked for.
	applied string
	// revision and generation are what came out.
	revision   string
	generation int64
}

func (r *Reconciler) write(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, children []child) error {
	key := client.ObjectKeyFromObject(webhook)
	last := map[string]written{}
	for _, c := range children {
		w, err := r.writeChild(ctx, c, r.applied.recall(key)[c.wanted.GetKind()])
		if err != nil {
			return fmt.Errorf("apply %s %q: %w", c.wanted.GetKind(), c.wanted.GetName(), err)
		}
		last[c.wanted.GetKind()] = w
	}
	r.applied.keep(key, last)
	return nil
}

// writeChild applies an object unless both sides are still what they were after the last time. The uid of the object
// that was looked at goes along, so that one that took its place since is not adopted.
func (r *Reconciler) writeChild(ctx context.Context, c child, last written) (written, error) {
	before, marks := "", c.wanted.GetAnnotations()
	if c.live != nil {
		before = revision(c.live, marks)
		if last.applied == c.applied && last.revision == before {
			return last, nil
		}
		c.wanted.SetUID(c.live.GetUID())
	}
	err := r.applyChild(ctx, c)
	if apierrors.IsInvalid(err) && c.live != nil && r.replaceSpec(ctx, c) == nil {
		err = r.applyChild(ctx, c)
	}
	if err != nil {
		return written{}, err
	}
	after := revision(c.wanted, marks)
	if after != before {
		ctrl.LoggerFrom(ctx).Info("Applied an object", "kind", c.wanted.GetKind(), "object", c.wanted.GetName())
	}
	return written{applied: c.applied, revision: after, generation: c.wanted.GetGeneration()}, nil
}

func (r *Reconciler) applyChild(ctx context.Context, c child) error {
	if err := r.yieldReplicas(ctx, c); err != nil {
		return err
	}
	return r.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(c.wanted), client.FieldOwner(FieldManager), client.ForceOwnership)
}

// replaceSpec makes good what an apply can't. Where somebody gave an entry of a list another key, as with the number of a
// Service's port, an apply adds the wanted entry beside it, and two ports of one name are refused. A merge patch replaces
// each list as a whole.
func (r *Reconciler) replaceSpec(ctx context.Context, c child) error {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": c.live.GetUID()},
		"spec":     c.wanted.Object["spec"],
	})
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	object := metadataOf(c.wanted.GroupVersionKind())
	object.SetNamespace(c.wanted.GetNamespace())
	object.SetName(c.wanted.GetName())
	return r.Client.Patch(ctx, object, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldManager))
}

// revision tells two states of an object apart. Where a generation counts the changes of the spec, a new status makes no
// new revision, nor do annotations that are not wanted; elsewhere the resourceVersion has to do.
func revision(o client.Object, wanted map[string]string) string {
	if o.GetGeneration() == 0 {
		return o.GetResourceVersion()
	}
	annotations := map[string]string{}
	for key := range wanted {
		annotations[key] = o.GetAnnotations()[key]
	}
	data, _ := json.Marshal([]any{o.GetUID(), o.GetGeneration(), o.GetLabels(), o.GetOwnerReferences(), annotations}) // can't fail: strings and numbers
	return string(data)
}
