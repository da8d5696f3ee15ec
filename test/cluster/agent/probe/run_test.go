// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// seen is what Run has reported, and when, counted from the start of the container.
type seen struct {
	At      time.Duration
	Err     string
	Verdict Verdict
}

// script is a container that passes one check after another as its letters say: p passes, f fails, and s says nothing.
func script(letters string) Check {
	return func(ctx context.Context) error {
		letter := letters[0]
		letters = letters[1:]
		switch letter {
		case 'f':
			return errors.New("failed")
		case 's':
			<-ctx.Done()
			return ctx.Err()
		default:
			return nil
		}
	}
}

// watch runs a probe over a script, in the time of the test's bubble.
func watch(t *testing.T, p *corev1.Probe, age time.Duration, letters string) []seen {
	t.Helper()
	started := time.Now().Add(-age)
	ctx, cancel := context.WithCancel(t.Context())
	var all []seen
	Run(ctx, p, started, script(letters), func(o Observation) {
		s := seen{At: time.Since(started), Verdict: o.Verdict}
		if o.Err != nil {
			s.Err = o.Err.Error()
		}
		if all = append(all, s); len(all) == len(letters) {
			cancel()
		}
	})
	return all
}

func TestRun(t *testing.T) {
	t.Parallel()
	const failed = "failed"
	for name, c := range map[string]struct {
		probe  corev1.Probe
		age    time.Duration // of the container when Run is called
		checks string
		want   []seen
	}{
		"passes at once, and gives up after three failures, where nothing is said": {
			checks: "pffff",
			want: []seen{
				{0, "", Passing},
				{10 * time.Second, failed, Passing},
				{20 * time.Second, failed, Passing},
				{30 * time.Second, failed, Failing},
				{40 * time.Second, failed, Failing},
			},
		},
		"is undecided until a threshold is reached": {
			probe:  corev1.Probe{PeriodSeconds: 1},
			checks: "ffpff",
			want: []seen{
				{0, failed, Unknown},
				{1 * time.Second, failed, Unknown},
				{2 * time.Second, "", Passing},
				{3 * time.Second, failed, Passing},
				{4 * time.Second, failed, Passing},
			},
		},
		"wants successes in a row": {
			probe:  corev1.Probe{PeriodSeconds: 1, SuccessThreshold: 2, FailureThreshold: 1},
			checks: "pfppfpp",
			want: []seen{
				{0, "", Unknown},
				{1 * time.Second, failed, Failing},
				{2 * time.Second, "", Failing},
				{3 * time.Second, "", Passing},
				{4 * time.Second, failed, Failing},
				{5 * time.Second, "", Failing},
				{6 * time.Second, "", Passing},
			},
		},
		"wants failures in a row": {
			probe:  corev1.Probe{PeriodSeconds: 1, FailureThreshold: 2},
			checks: "pfpff",
			want: []seen{
				{0, "", Passing},
				{1 * time.Second, failed, Passing},
				{2 * time.Second, "", Passing},
				{3 * time.Second, failed, Passing},
				{4 * time.Second, failed, Failing},
			},
		},
		"waits for the initial delay, then keeps to the period": {
			probe:  corev1.Probe{InitialDelaySeconds: 7, PeriodSeconds: 2},
			checks: "pp",
			want:   []seen{{7 * time.Second, "", Passing}, {9 * time.Second, "", Passing}},
		},
		"counts the initial delay from the start of the container": {
			probe:  corev1.Probe{InitialDelaySeconds: 7},
			age:    5 * time.Second,
			checks: "p",
			want:   []seen{{7 * time.Second, "", Passing}},
		},
		"does not wait where the initial delay is over": {
			probe:  corev1.Probe{InitialDelaySeconds: 7},
			age:    30 * time.Second,
			checks: "p",
			want:   []seen{{30 * time.Second, "", Passing}},
		},
		"takes silence for a failure": {
			probe:  corev1.Probe{PeriodSeconds: 5, TimeoutSeconds: 3, FailureThreshold: 2},
			checks: "ssp",
			want: []seen{
				{3 * time.Second, "no answer within 3s", Unknown},
				{8 * time.Second, "no answer within 3s", Failing},
				{10 * time.Second, "", Passing},
			},
		},
		"waits a second for an answer where nothing is said": {
			checks: "s",
			want:   []seen{{1 * time.Second, "no answer within 1s", Unknown}},
		},
		"checks again at once when an answer took longer than the period": {
			probe:  corev1.Probe{PeriodSeconds: 2, TimeoutSeconds: 5},
			checks: "sp",
			want:   []seen{{5 * time.Second, "no answer within 5s", Unknown}, {5 * time.Second, "", Passing}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if diff := cmp.Diff(c.want, watch(t, &c.probe, c.age, c.checks)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		probe corev1.Probe
		after time.Duration
	}{
		"before the first check": {corev1.Probe{InitialDelaySeconds: 60}, time.Second},
		"during a check":         {corev1.Probe{TimeoutSeconds: 60}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.after)
				defer cancel()
				begun := time.Now()
				Run(ctx, &c.probe, begun, script("ss"), func(o Observation) {
					t.Errorf("reported %v", o)
				})
				if took := time.Since(begun); took != c.after {
					t.Errorf("ended after %s, want %s", took, c.after)
				}
			})
		})
	}
}

// The thresholds are those of any row of results, not only of those in the tables above.
func TestVerdictFollowsTheLastRowThatWasLongEnough(t *testing.T) {
	t.Parallel()
	for passes := int32(1); passes <= 3; passes++ {
		for failures := int32(1); failures <= 3; failures++ {
			t.Run(fmt.Sprintf("%d passes, %d failures", passes, failures), func(t *testing.T) {
				t.Parallel()
				for row := range 1 << 10 { // each row of ten results
					s := newStreak(&corev1.Probe{SuccessThreshold: passes, FailureThreshold: failures})
					results := make([]bool, 10)
					for i := range results {
						results[i] = row>>i&1 == 1
						got := s.observe(results[i])
						if want := verdict(results[:i+1], int(passes), int(failures)); got != want {
							t.Fatalf("%v: got %d, want %d", results[:i+1], got, want)
						}
					}
				}
			})
		}
	}
}

// verdict looks for the last end of a row that was long enough, from the end.
func verdict(results []bool, passes, failures int) Verdict {
	for end := len(results); end > 0; end-- {
		if end >= passes && same(results[end-passes:end], true) {
			return Passing
		}
		if end >= failures && same(results[end-failures:end], false) {
			return Failing
		}
	}
	return Unknown
}

func same(results []bool, want bool) bool {
	for _, r := range results {
		if r != want {
			return false
		}
	}
	return true
}
