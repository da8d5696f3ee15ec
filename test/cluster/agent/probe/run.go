// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"cmp"
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// What a probe says where its fields are not set.
const (
	defaultPeriod           = 10
	defaultTimeout          = 1
	defaultFailureThreshold = 3
	defaultSuccessThreshold = 1
)

// Verdict is what a probe has come to.
type Verdict int

// The verdicts. Neither threshold has been reached where it is Unknown.
const (
	Unknown Verdict = iota
	Passing
	Failing
)

// Observation is the result of one check.
type Observation struct {
	// Err is nil if this check was passed.
	Err error
	// Verdict is that of this and the earlier checks: it changes when a threshold is reached.
	Verdict Verdict
}

// Run checks at the probe's pace until the context ends, and reports each observation. The initial delay counts from
// the start of the container.
func Run(ctx context.Context, p *corev1.Probe, started time.Time, check Check, report func(Observation)) {
	s := newStreak(p)
	next := time.NewTimer(time.Until(started.Add(seconds(p.InitialDelaySeconds))))
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		begun := time.Now()
		err := once(ctx, p, check)
		if ctx.Err() != nil {
			return
		}
		report(Observation{Err: err, Verdict: s.observe(err == nil)})
		next.Reset(time.Until(begun.Add(seconds(cmp.Or(p.PeriodSeconds, defaultPeriod)))))
	}
}

func once(ctx context.Context, p *corev1.Probe, check Check) error {
	limit := seconds(cmp.Or(p.TimeoutSeconds, defaultTimeout))
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %s", limit))
	defer cancel()
	err := check(ctx)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }

// streak counts equal results in a row and compares them with the thresholds.
type streak struct {
	passes, failures int32 // thresholds
	last             bool
	length           int32
	verdict          Verdict
}

func newStreak(p *corev1.Probe) *streak {
	return &streak{
		passes:   cmp.Or(p.SuccessThreshold, defaultSuccessThreshold),
		failures: cmp.Or(p.FailureThreshold, defaultFailureThreshold),
	}
}

func (s *streak) observe(passed bool) Verdict {
	if passed != s.last {
		s.last, s.length = passed, 0
	}
	s.length++
	switch {
	case passed && s.length >= s.passes:
		s.verdict = Passing
	case !passed && s.length >= s.failures:
		s.verdict = Failing
	}
	return s.verdict
}
