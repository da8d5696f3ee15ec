// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"encoding/json"
	"fmt"

	apps "k8s.io/api/apps/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	appsv1 "k8s.io/client-go/applyconfigurations/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// replicasManager holds the number of receivers between the operator, who gives it up, and an autoscaler, who has not
// changed it yet. A field that nobody owns would fall back to its default: to one receiver.
const replicasManager = FieldManager + "-replicas"

// yieldReplicas prepares a Deployment for being applied without a number: a new one begins with the first, and of one that is
// there the operator's ownership passes to another name, at the same number. That insists on what was read, so that it does
// not undo what an autoscaler does at the same time.
func (w writer) yieldReplicas(ctx context.Context, c child) error {
	if c.firstReplicas == nil {
		return nil
	}
	if c.live == nil {
		return unstructured.SetNestedField(c.wanted.Object, int64(*c.firstReplicas), "spec", "replicas")
	}
	unstructured.RemoveNestedField(c.wanted.Object, "spec", "replicas") // there may have been one after all
	var live apps.Deployment
	if err := w.live.Get(ctx, client.ObjectKeyFromObject(c.wanted), &live); err != nil {
		return fmt.Errorf("read the number of replicas: %w", err)
	}
	if live.Spec.Replicas == nil || !ownsReplicas(live.ManagedFields) {
		return nil
	}
	held := appsv1.Deployment(live.Name, live.Namespace).
		WithUID(live.UID).
		WithResourceVersion(live.ResourceVersion).
		WithSpec(appsv1.DeploymentSpec().WithReplicas(*live.Spec.Replicas))
	if err := w.client.Apply(ctx, held, client.FieldOwner(replicasManager)); err != nil {
		return fmt.Errorf("give up the number of replicas: %w", err)
	}
	return nil
}

// ownsReplicas tells whether the operator's applying set the number.
func ownsReplicas(managed []meta.ManagedFieldsEntry) bool {
	for _, m := range managed {
		if !isOwn(m) || m.FieldsV1 == nil {
			continue
		}
		var fields struct {
			Spec struct {
				Replicas *struct{} `json:"f:replicas"`
			} `json:"f:spec"`
		}
		if err := json.Unmarshal(m.FieldsV1.GetRawBytes(), &fields); err == nil && fields.Spec.Replicas != nil {
			return true
		}
	}
	return false
}
