// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/test/cluster/agent/probe"
)

// preStop returns a function that runs the container's preStop hook until that is over, or the context. It is called
// beside the pod's goroutine and touches nothing of the pod's.
func (c *container) preStop() func(context.Context) {
	if c.spec.Lifecycle == nil || c.spec.Lifecycle.PreStop == nil {
		return func(context.Context) {}
	}
	hook, object, ip := c.spec.Lifecycle.PreStop, c.pod.object, c.pod.claim.ip
	return func(ctx context.Context) {
		if hook.Sleep != nil {
			sleep(ctx, time.Duration(hook.Sleep.Seconds)*time.Second)
			return
		}
		check, err := probe.NewCheck(hook.HTTPGet, hook.TCPSocket, c.spec, ip)
		if err == nil {
			err = check(ctx)
		}
		if err != nil {
			c.pod.agent.event(object, corev1.EventTypeWarning, "FailedPreStopHook", err.Error())
		}
	}
}

// sleep returns after a time, or before it when the context has ended.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
