// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// receivers is how the receivers of a resource fare.
type receivers struct {
	rollout observe.Rollout
	answers []observe.Answer
	configs observe.Configs
	// trouble is what keeps a pod from being ready, as far as Kubernetes knows.
	trouble string
}

// Pods are found in the cache; they are asked by HTTP, not through the API server.
//
// +kubebuilder:rbac:groups="",resources=pods,verbs=list;watch

// observe looks at the Deployment and its pods and asks each receiver that runs.
func (r *Reconciler) observe(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, configHash string) (*receivers, error) {
	rollout, err := r.rollout(ctx, webhook)
	if err != nil {
		return nil, err
	}
	var pods core.PodList
	err = r.Client.List(ctx, &pods, client.InNamespace(webhook.Namespace), client.MatchingLabels(render.Selector(webhook)))
	if err != nil {
		return nil, err
	}
	answers := observe.Ask(ctx, observe.Receivers(pods.Items, render.AdminPort))
	return &receivers{
		rollout: rollout,
		answers: answers,
		configs: observe.ConfigsOf(answers, configHash),
		trouble: observe.Trouble(pods.Items),
	}, nil
}

// rollout does not believe a cache that is older than the operator's own last write.
func (r *Reconciler) rollout(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook) (observe.Rollout, error) {
	var deployment apps.Deployment
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: webhook.Namespace, Name: render.Name(webhook)}, &deployment)
	if apierrors.IsNotFound(err) {
		return observe.RolloutOf(nil, 0), nil
	}
	if err != nil {
		return observe.Rollout{}, err
	}
	last := r.applied.recall(client.ObjectKeyFromObject(webhook))["Deployment"]
	rollout := observe.RolloutOf(&deployment, last.generation)
	if webhook.Spec.Receiver.Autoscaling != nil {
		rollout.Spare = max(0, rollout.Replicas-render.LeastReplicas(webhook))
	}
	return rollout, nil
}
