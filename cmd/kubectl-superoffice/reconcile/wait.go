// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"fmt"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

// glance is how often a resource is looked at while it is waited for.
const glance = 500 * time.Millisecond

// await waits until the operator has looked and found the resource ready, or the time is over. It ends sooner where waiting does
// not help. The error has the code Wrong where the resource is not well, and Failed where nobody looked at it.
func (r *request) await(ctx context.Context, over <-chan struct{}, c client.Reader) error {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		w, err := resource.Get(ctx, c, client.ObjectKey{Namespace: r.Namespace, Name: r.Name})
		if err != nil {
			return err
		}
		done, problem := r.judge(w)
		if done {
			return problem
		}
		select {
		case <-over:
			return fmt.Errorf("gave up waiting: %w", problem)
		case <-tick.C:
		}
	}
}

// judge says whether there is nothing more to wait for, and what is wrong; nil is ready.
func (r *request) judge(w *v1alpha1.SuperOfficeWebhook) (done bool, err error) {
	ready := apimeta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case !r.handled(w) || ready == nil || w.Status.ObservedGeneration < w.Generation || ready.ObservedGeneration < w.Generation:
		return false, exit.Errorf(exit.Failed, "the operator has not looked at SuperOfficeWebhook %[2]s/%[1]s: see that it runs, by `kubectl superoffice doctor %[1]s -n %[2]s`", r.Name, r.Namespace)
	case ready.Status == metav1.ConditionTrue:
		r.Ready, r.Message = true, ready.Message
		return true, nil
	}
	r.Message = ready.Message
	return apimeta.IsStatusConditionTrue(w.Status.Conditions, v1alpha1.ConditionStalled),
		exit.Errorf(exit.Wrong, "SuperOfficeWebhook %s/%s is not ready: %s: %s", r.Namespace, r.Name, ready.Reason, ready.Message)
}

// handled tells whether the operator has looked since it was asked, even if somebody else has asked again meanwhile.
func (r *request) handled(w *v1alpha1.SuperOfficeWebhook) bool {
	at, err := time.Parse(time.RFC3339Nano, w.Status.LastHandledReconcileAt)
	return err == nil && !at.Before(r.RequestedAt)
}
