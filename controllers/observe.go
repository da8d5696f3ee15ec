// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"slices"

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
	// autoscaled says that an autoscaler decides on their number.
	autoscaled bool
	// growing says that the queue is to get more room once its volume has it.
	growing bool
	answers []observe.Answer
	configs observe.Configs
	// trouble is what keeps a pod from being ready, as far as Kubernetes knows.
	trouble string
}

// Pods are found in the cache; they are asked by HTTP, not through the API server.
//
// +kubebuilder:rbac:groups="",resources=pods,verbs=list;watch

// observe looks at the Deployment and its pods and asks each receiver that runs.
func (r *Reconciler) observe(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, objects *render.Objects, pool *pooled) (*receivers, error) {
	rollout, err := r.rollout(ctx, webhook, objects, pool)
	if err != nil {
		return nil, err
	}
	var pods core.PodList
	err = r.Client.List(ctx, &pods, client.InNamespace(webhook.Namespace), client.MatchingLabels(render.Selector(webhook)))
	if err != nil {
		return nil, err
	}
	asked := observe.Receivers(pods.Items, render.AdminPort, render.AdminPath(webhook))
	if pool != nil && rollout.Enough() { // those that start or end, as others come and go, are not its concern
		asked = slices.DeleteFunc(asked, func(r observe.Receiver) bool { return !r.Ready })
	}
	answers := observe.Ask(ctx, asked)
	return &receivers{
		rollout:    rollout,
		autoscaled: objects.Autoscaled,
		growing:    objects.Growing,
		answers:    answers,
		configs:    observe.ConfigsOf(answers, objects.ConfigHash),
		trouble:    observe.Trouble(pods.Items),
	}, nil
}

// rollout does not believe a cache that is older than the operator's own last write.
func (r *Reconciler) rollout(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, objects *render.Objects, pool *pooled) (observe.Rollout, error) {
	var deployment apps.Deployment
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: webhook.Namespace, Name: render.ReceiversName(webhook)}, &deployment)
	if apierrors.IsNotFound(err) {
		return observe.RolloutOf(nil, 0), nil
	}
	if err != nil {
		return observe.Rollout{}, err
	}
	generation := r.applied.recall(client.ObjectKeyFromObject(webhook))["Deployment"].generation
	if pool != nil {
		generation = pool.generation
	}
	rollout := observe.RolloutOf(&deployment, generation)
	if objects.Autoscaled {
		rollout.Spare = max(0, rollout.Replicas-objects.LeastReplicas)
	}
	if pool != nil {
		rollout = rolloutForMember(rollout, webhook, &deployment)
	}
	return rollout, nil
}

// rolloutForMember is what a rollout of a pool is to one of its members. It waits for the one that takes it in. Later ones, by
// which others come and go, are none of its concern as long as they go well: enough receivers have it all the time, and
// a hundred members would tell of each step.
func rolloutForMember(of observe.Rollout, webhook *v1alpha1.SuperOfficeWebhook, deployment *apps.Deployment) observe.Rollout {
	switch {
	case !isMember(deployment, webhook):
		of.Pending, of.Scaling = "the receivers of the pool are about to take this resource in", false
	case wasReady(webhook) && of.Enough() && !of.Overdue:
		of.Pending, of.Current, of.Ready = "", of.Replicas, min(of.Ready, of.Replicas)
	}
	return of
}
