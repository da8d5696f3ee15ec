// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// shutdownGrace is what containers get at most when the whole cluster ends.
	shutdownGrace = 5 * time.Second
	// forcedGrace is what a pod that is deleted by force gets, as with kubelet.
	forcedGrace = time.Second
	// minimumGrace is what a process gets after SIGTERM in any case, as with kubelet.
	minimumGrace = 2 * time.Second
)

// ending tells whether the pod has to go, whatever for.
func (p *pod) ending() bool {
	return p.shutdown || p.vanished || p.object.DeletionTimestamp != nil
}

// end stops what runs and, when nothing does any more, takes leave of the API server.
func (p *pod) end(ctx context.Context) (again time.Time) {
	running := false
	for _, c := range p.containers() {
		if c.running() {
			running = true
			if !c.current.stopping {
				p.event(corev1.EventTypeNormal, "Killing", "Stopping container "+c.spec.Name)
			}
			again = earliest(again, c.stop(p.grace()))
		}
	}
	if running {
		return earliest(again, p.report(ctx))
	}
	return p.leave(ctx)
}

// grace is how long a container may take to end.
func (p *pod) grace() time.Duration {
	var grace time.Duration
	switch {
	case p.vanished:
	case p.object.DeletionGracePeriodSeconds != nil:
		grace = time.Duration(*p.object.DeletionGracePeriodSeconds) * time.Second
	case p.object.Spec.TerminationGracePeriodSeconds != nil:
		grace = time.Duration(*p.object.Spec.TerminationGracePeriodSeconds) * time.Second
	}
	if p.shutdown {
		grace = min(grace, shutdownGrace)
	}
	return max(grace, forcedGrace)
}

// leave reports the last status and has the API server forget the pod, which it does only now.
func (p *pod) leave(ctx context.Context) (again time.Time) {
	if p.shutdown || p.vanished {
		p.finished = true
		return time.Time{}
	}
	if again := p.report(ctx); !again.IsZero() {
		return again
	}
	if p.vanished { // the report has found out
		p.finished = true
		return time.Time{}
	}
	now := int64(0)
	err := p.agent.client.CoreV1().Pods(p.namespace).Delete(ctx, p.name, metav1.DeleteOptions{
		GracePeriodSeconds: &now,
		Preconditions:      &metav1.Preconditions{UID: &p.object.UID},
	})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return time.Now().Add(reportRetry)
	}
	p.finished = true
	return time.Time{}
}
