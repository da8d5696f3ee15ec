// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// former is what stays in force of a resource while it is suspended: pods, Service and ways are not changed, and neither is
// what the receivers go by, which has to fit them. It is nil for a resource that is not suspended, and for one without
// receivers, which are made as it says.
func (r *Reconciler) former(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook) (*render.Former, error) {
	if !webhook.Spec.Suspend {
		return nil, nil
	}
	var deployment apps.Deployment
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: webhook.Namespace, Name: render.ReceiversName(webhook)}, &deployment)
	if err != nil || !meta.IsControlledBy(&deployment, webhook) && !isMember(&deployment, webhook) {
		return nil, client.IgnoreNotFound(err)
	}
	former, err := formerConfig(ctx, r.Live, webhook)
	if former == nil || err != nil {
		return nil, err
	}
	if former.Ingress, err = formerWay(ctx, r.Client, webhook, &networking.Ingress{}); err != nil {
		return nil, err
	}
	if routes, _ := r.gateways.reader(ctx); routes != nil { // who asks for a route is told what is wrong when it is to be made
		former.HTTPRoute, err = formerWay(ctx, routes, webhook, &gateway.HTTPRoute{})
	}
	return former, err
}

// formerConfig reads the configuration past the cache, which holds metadata only. One that somebody else wrote does not
// count, nor one that receivers cannot read: it is put right.
func formerConfig(ctx context.Context, live client.Reader, webhook *v1alpha1.SuperOfficeWebhook) (*render.Former, error) {
	var configMap core.ConfigMap
	err := live.Get(ctx, client.ObjectKey{Namespace: webhook.Namespace, Name: render.Name(webhook)}, &configMap)
	if err != nil || !meta.IsControlledBy(&configMap, webhook) || !owns(&configMap, map[string]any{"data": configMap.Data}) {
		return nil, client.IgnoreNotFound(err)
	}
	former, err := render.FormerOf(&configMap)
	if err != nil {
		ctrl.LoggerFrom(ctx).Info("What receivers went by cannot be kept", "err", err.Error())
		return nil, nil
	}
	return former, nil
}

// formerWay is the resource's own way of a kind; nil if there is none.
func formerWay[O client.Object](ctx context.Context, cached client.Reader, webhook *v1alpha1.SuperOfficeWebhook, into O) (none O, err error) {
	err = cached.Get(ctx, client.ObjectKey{Namespace: webhook.Namespace, Name: render.Name(webhook)}, into)
	if apierrors.IsNotFound(err) || err == nil && !meta.IsControlledBy(into, webhook) {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	return into, nil
}
