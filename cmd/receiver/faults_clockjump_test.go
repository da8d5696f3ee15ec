// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestClockJumpsForward sets the clock of a receiver that runs, while one event waits for a sink that is down; posts another;
// starts the receiver anew by the same clock; and mends the sink. Nothing that was accepted may be missing then.
func TestClockJumpsForward(t *testing.T) {
	t.Parallel()
	compilesAnew(t)
	for _, c := range []struct {
		name  string
		ahead time.Duration
		// dead is what becomes of the event that waits.
		dead bool
	}{
		{"by an hour", time.Hour, false},
		{"by more than retry.maxAge", 100 * time.Hour, true},
		{"by more than retention.maxAge", 1000 * time.Hour, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := answering(http.StatusServiceUnavailable, asUsual)(t)
			v, dir, clock := mount(t, settings(f.sink)), t.TempDir(), newClock(t)
			r, p := clock.start(t, v, dir, "--drain-timeout=100ms"), newPoster(t)
			waits, comes, later := fresh(t, superoffice.ActivityCreated), fresh(t, superoffice.ActivityCreated), fresh(t, superoffice.ActivityCreated)
			r.accepts(t, p, waits)
			r.tries(t)

			clock.jump(t, r, c.ahead)
			r.accepts(t, p, comes)
			if c.dead {
				eventually(t, func() string {
					s := r.sink(t, "erp")
					return lacking(s.DeadLettered == 1 && s.Pending == 1, fmt.Sprintf("%+v", s))
				})
				var letters []deadletter.Letter
				r.reads(t, "/dead-letters", &letters)
				if got := letters[0].Reason; !strings.HasPrefix(got, "too old: not delivered within 72h0m0s") {
					t.Errorf("the reason is %q", got)
				}
			}
			r.terminate()
			if code := r.exits(t); code != 0 {
				t.Fatalf("exit code %d", code)
			}
			r = clock.start(t, v, dir)
			r.accepts(t, p, later)

			f.mend()
			f.taken.gets(t, later)
			f.taken.gets(t, comes)
			if c.dead {
				r.replays(t)
			}
			f.taken.gets(t, waits)
			r.settles(t, "erp")
		})
	}
}

// TestClockJumpsBack sets the clock back while an event waits for its next attempt, and mends the sink.
func TestClockJumpsBack(t *testing.T) {
	t.Parallel()
	compilesAnew(t)
	f := answering(http.StatusServiceUnavailable, asUsual)(t)
	v, clock := mount(t, settings(f.sink)), newClock(t)
	r, p := clock.start(t, v, t.TempDir()), newPoster(t)
	waits, comes := fresh(t, superoffice.ActivityCreated), fresh(t, superoffice.ActivityCreated)
	r.accepts(t, p, waits)
	r.tries(t)
	clock.jump(t, r, -time.Hour)
	r.accepts(t, p, comes)
	f.mend()
	f.taken.gets(t, comes)
	f.taken.gets(t, waits)
	r.settles(t, "erp")
}

// TestClockJumpsWhileSuspended has nobody try events, so that only their age could take them away.
func TestClockJumpsWhileSuspended(t *testing.T) {
	t.Parallel()
	compilesAnew(t)
	taken := serve(t, nil)
	suspended := settings(raw("erp", taken.URL))
	suspended.Suspend = true
	v, dir, clock := mount(t, suspended), t.TempDir(), newClock(t)
	r, p := clock.start(t, v, dir, "--drain-timeout=100ms"), newPoster(t)
	event := fresh(t, superoffice.ActivityCreated)
	r.accepts(t, p, event)
	clock.jump(t, r, 1000*time.Hour)
	r.terminate()
	if code := r.exits(t); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	r = clock.start(t, v, dir, "--drain-timeout=100ms")
	if s := r.sink(t, "erp"); s.Pending != 1 {
		t.Errorf("%d events wait, want 1", s.Pending)
	}
	v.configure(t, r, settings(raw("erp", taken.URL)))
	taken.gets(t, event)
}

// tries waits until what waits was tried once.
func (r *receiver) tries(t *testing.T) {
	t.Helper()
	eventually(t, func() string {
		s := r.sink(t, "erp")
		return lacking(s.Pending == 1 && s.LastError != "", fmt.Sprintf("%+v", s))
	})
}

func compilesAnew(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("compiles the receiver anew, with another package time")
	}
}
