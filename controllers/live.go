// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// live reads what there is already of a resource's objects, as the cache has it. The receivers of a pool are not its own.
func (r *Reconciler) live(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook) (live render.Live, err error) {
	if isPooled(webhook) {
		return live, nil
	}
	if live.Claim, err = cachedOwn(ctx, r.Client, webhook, &core.PersistentVolumeClaim{}); err != nil {
		return live, err
	}
	if live.Service, err = cachedOwn(ctx, r.Client, webhook, &core.Service{}); err != nil {
		return live, err
	}
	live.Deployment, err = cachedOwn(ctx, r.Client, webhook, &apps.Deployment{})
	return live, err
}

// cachedOwn reads an object of a resource's own; nil if there is none.
func cachedOwn[T any, P interface {
	*T
	client.Object
}](ctx context.Context, cached client.Reader, webhook *v1alpha1.SuperOfficeWebhook, into P) (P, error) {
	err := cached.Get(ctx, client.ObjectKey{Namespace: webhook.Namespace, Name: render.Name(webhook)}, into)
	if client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read %T: %w", into, err)
	}
	if err != nil || !ownerOf(webhook).owns(into) {
		return nil, nil
	}
	return into, nil
}
