// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// bindRetry is how often binding is tried while the API server has trouble.
const bindRetry = time.Second

// take binds a pod that has no node to this one: it is the only one, so there is nothing to schedule.
func (a *Agent) take(object *corev1.Pod) {
	if object.DeletionTimestamp != nil || len(object.Spec.SchedulingGates) > 0 || a.ctx.Err() != nil {
		return
	}
	a.wait.Go(func() {
		// Nobody waits for the result: the pod says itself that it is pending.
		_ = wait.PollUntilContextCancel(a.ctx, bindRetry, true, func(ctx context.Context) (bool, error) {
			err := a.bind(ctx, object)
			// Bound already, or gone: the watch will tell, or has told.
			return err == nil || apierrors.IsConflict(err) || apierrors.IsNotFound(err), nil
		})
	})
}

func (a *Agent) bind(ctx context.Context, object *corev1.Pod) error {
	binding := &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, Name: object.Name, UID: object.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: a.options.NodeName},
	}
	err := a.client.CoreV1().Pods(object.Namespace).Bind(ctx, binding, metav1.CreateOptions{})
	if err == nil {
		message := fmt.Sprintf("Successfully assigned %s/%s to %s", object.Namespace, object.Name, a.options.NodeName)
		a.event(object, corev1.EventTypeNormal, "Scheduled", message)
	}
	return err
}
