// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"sync"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// circuit leaves a sink alone that is down. It opens when the sink has failed for a while without one success; from then
// on one attempt is let through now and then, until one succeeds and closes it. What a sink refuses for good counts as a
// success: it is there.
//
// A sink that only fails often does not open it, because each success begins the while anew.
type circuit struct {
	limits config.Circuit

	mu      sync.Mutex
	since   time.Time     // the first failure after the last success; zero: there is none
	open    bool          // attempts are let through one by one
	probing bool          // one is under way
	probe   time.Time     // when the next may be
	changed chan struct{} // closed when any of these changes
}

func newCircuit(limits config.Circuit) *circuit {
	return &circuit{limits: limits, changed: make(chan struct{})}
}

// pass waits until an attempt may be made, or returns the error of ctx. After nil, either result or unused must follow.
func (c *circuit) pass(ctx context.Context) error {
	for {
		wait, changed := c.try(time.Now())
		if wait == 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-changed:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// try lets an attempt through, or says how long to wait and what may end the wait sooner.
func (c *circuit) try(now time.Time) (wait time.Duration, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.open:
		return 0, nil
	case c.probing:
		return c.limits.ProbeInterval.Std(), c.changed
	case now.Before(c.probe):
		return c.probe.Sub(now), c.changed
	}
	c.probing = true
	return 0, nil
}

// result takes note of how an attempt ended.
func (c *circuit) result(succeeded bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	switch {
	case succeeded:
		c.since, c.open = time.Time{}, false
	case c.since.IsZero():
		c.since = now
	case now.Sub(c.since) >= c.limits.After.Std():
		c.open = true
		c.probe = now.Add(c.limits.ProbeInterval.Std())
	}
	c.release()
}

// unused gives an attempt back that was not made.
func (c *circuit) unused() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release()
}

// release lets the next one try. mu is held.
func (c *circuit) release() {
	c.probing = false
	close(c.changed)
	c.changed = make(chan struct{})
}

// isOpen tells whether the sink is left alone.
func (c *circuit) isOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}
