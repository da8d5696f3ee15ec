// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"net/url"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// Services are read by the rule for those that the operator makes. The right to read other kinds comes from ClusterRoles
// that are labelled for it, see config/rbac/addressables.yaml.

// targets finds out where the objects are that sinks refer to. What is wrong with one is its sink's problem alone.
func (r *Reconciler) targets(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook) (render.Targets, []problem, error) {
	var found render.Targets
	var problems []problem
	for i, sink := range webhook.Spec.Sinks {
		if sink.HTTP == nil || sink.HTTP.Ref == nil {
			continue
		}
		target, trouble, err := r.target(ctx, webhook.Namespace, sink.HTTP.Ref)
		if err != nil {
			return nil, nil, err
		}
		if trouble != nil {
			target = render.Target{WaitingFor: trouble.message}
			trouble.message = fmt.Sprintf("spec.sinks[%d].http.ref: %s", i, trouble.message)
			problems = append(problems, *trouble)
		}
		if found == nil {
			found = render.Targets{}
		}
		found[sink.Name] = target
	}
	return found, problems, nil
}

// target reads an object past the cache, since nothing but names is watched of it. The watch begins before anything is
// concluded from what was read, so that no later change goes unseen.
func (r *Reconciler) target(ctx context.Context, namespace string, ref *v1alpha1.TargetReference) (render.Target, *problem, error) {
	kind := kindOf(ref)
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	namespaced, err := r.Client.IsObjectNamespaced(object)
	switch {
	case apimeta.IsNoMatchError(err):
		return nowhere(v1alpha1.ReasonSinkKindNotServed, "the cluster does not know the kind %s of %s", kind.Kind, kind.GroupVersion())
	case err != nil:
		return render.Target{}, nil, fmt.Errorf("find the kind %s: %w", kind.Kind, err)
	case !namespaced:
		return nowhere(v1alpha1.ReasonSinkNotAddressable, "a %s does not belong to any namespace", kind.Kind)
	}
	err = r.Live.Get(ctx, client.ObjectKey{Namespace: namespace, Name: ref.Name}, object)
	if apierrors.IsForbidden(err) {
		return nowhere(v1alpha1.ReasonSinkForbidden, "the operator has no right to read %s %q: label a ClusterRole that grants it with webhooks.superoffice.dev/addressable=true", kind.Kind, ref.Name)
	}
	if client.IgnoreNotFound(err) != nil {
		return render.Target{}, nil, fmt.Errorf("read %s %q: %w", kind.Kind, ref.Name, err)
	}
	if err := r.watched.ensure(kind); err != nil {
		return render.Target{}, nil, fmt.Errorf("watch the kind %s: %w", kind.Kind, err)
	}
	switch {
	case err != nil, object.GetDeletionTimestamp() != nil:
		return nowhere(v1alpha1.ReasonSinkNotFound, "%s %q not found", kind.Kind, ref.Name)
	case kind == serviceKind:
		return serviceTarget(object, ref)
	}
	return addressableTarget(object)
}

var serviceKind = core.SchemeGroupVersion.WithKind("Service")

// kindOf repeats the schema's default.
func kindOf(ref *v1alpha1.TargetReference) schema.GroupVersionKind {
	if ref.APIVersion == "" || ref.Kind == "" {
		return serviceKind
	}
	return schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)
}

func nowhere(reason, message string, args ...any) (render.Target, *problem, error) {
	return render.Target{}, &problem{reason, fmt.Sprintf(message, args...)}, nil
}

// addressableTarget is what an object says about itself. It is somebody else's word, so it is looked at like a user's.
func addressableTarget(object *unstructured.Unstructured) (render.Target, *problem, error) {
	text, _, _ := unstructured.NestedString(object.Object, "status", "address", "url")
	if text == "" {
		return nowhere(v1alpha1.ReasonSinkNotAddressable, "%s %q tells no URL in status.address.url", object.GetKind(), object.GetName())
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nowhere(v1alpha1.ReasonSinkNotAddressable, "%s %q tells in status.address.url what is no http or https URL without credentials", object.GetKind(), object.GetName())
	}
	u.Fragment, u.RawFragment = "", ""
	return render.Target{URL: u}, nil, nil
}
