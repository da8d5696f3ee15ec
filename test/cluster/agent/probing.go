// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/test/cluster/agent/probe"
)

// checks are those of a container's probes; nil where it has none.
type checks struct{ startup, liveness, readiness probe.Check }

func newChecks(c *corev1.Container, podIP string) (checks, error) {
	var all checks
	for _, each := range []struct {
		name  string
		probe *corev1.Probe
		check *probe.Check
	}{
		{"startupProbe", c.StartupProbe, &all.startup},
		{"livenessProbe", c.LivenessProbe, &all.liveness},
		{"readinessProbe", c.ReadinessProbe, &all.readiness},
	} {
		if each.probe == nil {
			continue
		}
		check, err := probe.NewCheck(each.probe.HTTPGet, each.probe.TCPSocket, c, podIP)
		if err != nil {
			return checks{}, fmt.Errorf("%s: %w", each.name, err)
		}
		*each.check = check
	}
	return all, nil
}

// watch starts the probes of a run. Until the startup probe has passed there are no others.
func (c *container) watch(ctx context.Context, r *run, all checks) {
	ctx, r.cancel = context.WithCancel(ctx)
	checking, stopChecks := context.WithCancel(ctx)
	r.stopChecks = stopChecks
	if all.startup == nil {
		c.hasStarted(ctx, checking, r, all)
		return
	}
	starting, passed := context.WithCancel(checking)
	c.probe(starting, r, c.spec.StartupProbe, all.startup, func(o probe.Observation) {
		c.tell("Startup", o)
		switch o.Verdict {
		case probe.Passing:
			passed()
			c.hasStarted(ctx, checking, r, all)
		case probe.Failing:
			c.restart(c.spec.StartupProbe, "startup")
		}
	})
}

// hasStarted starts the probes that keep an eye on a container that has come up.
func (c *container) hasStarted(ctx, checking context.Context, r *run, all checks) {
	c.started = true
	c.ready = all.readiness == nil
	if all.readiness != nil {
		c.probe(ctx, r, c.spec.ReadinessProbe, all.readiness, func(o probe.Observation) {
			c.tell("Readiness", o)
			c.ready = o.Verdict == probe.Passing
		})
	}
	if all.liveness != nil {
		c.probe(checking, r, c.spec.LivenessProbe, all.liveness, func(o probe.Observation) {
			c.tell("Liveness", o)
			if o.Verdict == probe.Failing {
				c.restart(c.spec.LivenessProbe, "liveness")
			}
		})
	}
}

// probe runs one probe beside the pod's goroutine, which takes the observations for as long as they matter.
func (c *container) probe(ctx context.Context, r *run, p *corev1.Probe, check probe.Check, observe func(probe.Observation)) {
	c.pod.helpers.Go(func() {
		probe.Run(ctx, p, r.began.Time, check, func(o probe.Observation) {
			c.pod.post(func() {
				if ctx.Err() == nil && r.ended == nil {
					observe(o)
				}
			})
		})
	})
}

func (c *container) tell(kind string, o probe.Observation) {
	if o.Err != nil {
		c.pod.event(corev1.EventTypeWarning, "Unhealthy", fmt.Sprintf("%s probe failed: %v", kind, o.Err))
	}
}

// restart ends the process; its end leads to a new one.
func (c *container) restart(p *corev1.Probe, kind string) {
	if c.current.stopping {
		return
	}
	c.pod.event(corev1.EventTypeNormal, "Killing", fmt.Sprintf("Container %s failed %s probe, will be restarted", c.spec.Name, kind))
	grace := c.pod.grace()
	if p.TerminationGracePeriodSeconds != nil {
		grace = time.Duration(*p.TerminationGracePeriodSeconds) * time.Second
	}
	c.stop(grace)
}
