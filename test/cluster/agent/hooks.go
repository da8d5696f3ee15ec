// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/test/cluster/agent/probe"
)

// preStop returns a function that runs the container's preStop hook, for at most as long as the container may take to
// end. It is called beside the pod's goroutine and touches nothing of the pod's.
func (c *container) preStop(r *run) func(deadline time.Time) {
	if c.spec.Lifecycle == nil || c.spec.Lifecycle.PreStop == nil {
		return func(time.Time) {}
	}
	hook, object, ip := c.spec.Lifecycle.PreStop, c.pod.object, c.pod.claim.ip
	return func(deadline time.Time) {
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		defer cancel()
		if hook.Sleep != nil {
			sleep(ctx, time.Duration(hook.Sleep.Seconds)*time.Second, r.process.Done())
			return
		}
		check, err := probe.NewCheck(hook.HTTPGet, hook.TCPSocket, c.spec, ip)
		if err == nil {
			err = check(ctx)
		}
		if err != nil {
			c.pod.agent.events.Event(object, corev1.EventTypeWarning, "FailedPreStopHook", err.Error())
		}
	}
}

// sleep returns after a time, or before it when the context or the process has ended.
func sleep(ctx context.Context, d time.Duration, ended <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-ended:
	}
}
