// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

const (
	// workPause is how soon receivers are asked again while they take over a change, which no watch tells.
	workPause = 3 * time.Second
	// staleRetry is how soon to try again after a write that met a newer resource than the cache had.
	staleRetry = 200 * time.Millisecond
)

// report writes the status, once and only if it has changed, then tells what has changed by Events, and decides when to
// look again. A step's failure is reported like everything else and returned, to be logged and tried again.
func (r *Reconciler) report(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, found findings, failure error) (ctrl.Result, error) {
	if apierrors.IsConflict(failure) {
		return ctrl.Result{RequeueAfter: staleRetry}, nil
	}
	former := webhook.Status
	verdict := judge(webhook, found, failure)
	status := statusOf(webhook, found, verdict)
	if r.worthWriting(webhook, former, status) {
		err := r.patchStatus(ctx, webhook, status)
		if apierrors.IsConflict(err) {
			return ctrl.Result{RequeueAfter: staleRetry}, nil
		}
		if err != nil {
			return ctrl.Result{}, client.IgnoreNotFound(err)
		}
		r.emit(webhook, transitions(former, status))
	}
	if failure != nil {
		return ctrl.Result{}, failure
	}
	if verdict.state == working || found.inForce.propagates() {
		return ctrl.Result{RequeueAfter: min(workPause, r.ObserveInterval)}, nil
	}
	return ctrl.Result{RequeueAfter: wait.Jitter(r.ObserveInterval, 0.1)}, nil
}

// statusOf is the whole new status. What a step that was not reached would have found stays as it was.
func statusOf(webhook *v1alpha1.SuperOfficeWebhook, found findings, v verdict) v1alpha1.SuperOfficeWebhookStatus {
	status := *webhook.Status.DeepCopy()
	status.ObservedGeneration = webhook.Generation
	status.LastHandledReconcileAt = requested(webhook)
	if found.exposure != nil {
		status.Address = &v1alpha1.Address{URL: found.exposure.url}
	} else if status.Address == nil {
		status.Address = &v1alpha1.Address{URL: render.URL(webhook)}
	}
	if found.receivers != nil {
		status.Replicas = found.receivers.rollout.Current
		status.ReadyReplicas = found.receivers.rollout.Ready
		status.Delivery, status.Sinks = observe.Figures(webhook.Status, webhook.Spec.Sinks, found.receivers.answers)
	}
	if found.inForce.everywhere() {
		status.SecretResourceVersion = found.inForce.version
	}
	status.Conditions = conditionsOf(webhook, status, found, v)
	return status
}

// worthWriting holds mere figures back until the interval is over, so that a busy sink doesn't make a busy API server. An
// operator that has just started, which does not know when they were written last, waits as long.
func (r *Reconciler) worthWriting(webhook *v1alpha1.SuperOfficeWebhook, former, status v1alpha1.SuperOfficeWebhookStatus) bool {
	if equality.Semantic.DeepEqual(former, status) {
		return false
	}
	if !sameButFigures(former, status) {
		return true
	}
	key := client.ObjectKeyFromObject(webhook)
	last := r.reported.recall(key)
	if last.IsZero() {
		r.reported.keep(key, time.Now())
		return false
	}
	return time.Since(last) >= r.ObserveInterval
}

func sameButFigures(a, b v1alpha1.SuperOfficeWebhookStatus) bool {
	a.Delivery, a.Sinks = b.Delivery, b.Sinks
	return equality.Semantic.DeepEqual(a, b)
}

// patchStatus insists on the resourceVersion that was read: after a write the cache may lag behind, and a change that
// was reported already must not be reported twice.
func (r *Reconciler) patchStatus(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, status v1alpha1.SuperOfficeWebhookStatus) error {
	before := webhook.DeepCopy()
	webhook.Status = status
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, webhook, patch, client.FieldOwner(FieldManager)); err != nil {
		return err
	}
	r.reported.keep(client.ObjectKeyFromObject(webhook), time.Now())
	return nil
}
