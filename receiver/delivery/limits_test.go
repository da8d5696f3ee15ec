// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	s := newFake(takes)
	q := openQueue(t, t.TempDir(), limits)
	d := deliver(t, q, s.target("erp", func(c *config.Sink) { c.Filter = `event.PrimaryKey != 2` }))
	for record := range 4 {
		putRecord(t, q, record, 0)
	}
	settled(t, d, "erp")
	got := s.sent()
	slices.Sort(got)
	if !slices.Equal(got, []string{"0/0", "1/0", "3/0"}) || len(letters(t, q)) != 0 {
		t.Errorf("sent %q, %d dead letters", got, len(letters(t, q)))
	}
}

func TestEventWithoutAValueForTheFilterBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	for _, order := range []config.Order{config.None, config.PerRecord} {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			s := newFake(takes)
			q := openQueue(t, t.TempDir(), limits)
			d := deliver(t, q, s.target("erp", func(c *config.Sink) {
				c.Filter = `event.PrimaryKey == 1 || event.FieldValues.type == 4`
				c.Delivery.Order = order
			}))
			putRecord(t, q, 2, 0)
			putRecord(t, q, 1, 0)
			settled(t, d, "erp")
			dead := letters(t, q)
			if len(dead) != 1 || dead[0].Reason != "the filter has no value for this event: no such key: type" {
				t.Errorf("dead letters %+v", dead)
			}
			if got := s.sent(); !slices.Equal(got, []string{"1/0"}) {
				t.Errorf("sent %q", got)
			}
		})
	}
}

// What a filter has to say may hold a key out of the body, of any length.
func TestReasonThatAFilterGivesIsCut(t *testing.T) {
	t.Parallel()
	q := openQueue(t, t.TempDir(), limits)
	d := deliver(t, q, newFake(takes).target("erp", func(c *config.Sink) { c.Filter = `event.FieldValues[event.EventId] == 4` }))
	put(t, q, strings.Repeat("x", 100<<10), 0)
	settled(t, d, "erp")
	dead := letters(t, q)
	if len(dead) != 1 || len(dead[0].Reason) > maxText ||
		!strings.HasPrefix(dead[0].Reason, "the filter has no value for this event: no such key: xxx") {
		t.Errorf("%d dead letters, %.200v", len(dead), dead)
	}
}

func TestFilterThatIsCutOffByTheEnd(t *testing.T) {
	t.Parallel()
	q := openQueue(t, t.TempDir(), limits)
	s := newFake(takes)
	target := s.target("erp", func(c *config.Sink) { c.Filter = `event.Changes.all(c, c != "text_id")` })
	cursor, err := q.Cursor(t.Context(), target.Config, target.Events)
	if err != nil {
		t.Fatal(err)
	}
	var h health
	d, err := newDispatcher(target.Config, cursor, s, &h, func(Attempt) {}, quietLog)
	if err != nil {
		t.Fatal(err)
	}
	m := queue.Message{Body: []byte(`{"Event":"activity.created","EventId":"1","Changes":["do_by"]}`), Received: time.Now()}
	if _, err := q.Put(t.Context(), superoffice.ActivityCreated, "1", m); err != nil {
		t.Fatal(err)
	}
	next := func() *job {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		j, err := d.source.next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	over, end := context.WithCancel(t.Context())
	end()
	d.deliver(t.Context(), over, next())
	if err := h.get().LastError; err != nil || len(letters(t, q)) > 0 {
		t.Errorf("it was to become a dead letter, and there are %d: %v", len(letters(t, q)), err)
	}
	d.deliver(t.Context(), t.Context(), next()) // by the next process
	if got := s.sent(); !slices.Equal(got, []string{"1"}) {
		t.Errorf("sent %q", got)
	}
	d.source.close()
}

func TestBrokenFilterIsRefused(t *testing.T) {
	t.Parallel()
	q := openQueue(t, t.TempDir(), limits)
	d := deliver(t, q)
	broken := newFake(takes).target("erp", func(c *config.Sink) { c.Filter = "event.Nothing" })
	if err := d.Apply(t.Context(), []Target{broken}, false); err == nil || !strings.Contains(err.Error(), `sink "erp": filter: `) {
		t.Errorf("got %v", err)
	}
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	for _, order := range []config.Order{config.None, config.PerRecord} {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			s := newFake(fails)
			q := openQueue(t, t.TempDir(), limits)
			d := deliver(t, q, s.target("erp", func(c *config.Sink) {
				c.Delivery.MaxAttempts = 3
				c.Delivery.Order = order
			}))
			putRecord(t, q, 1, 0)
			settled(t, d, "erp")
			dead := letters(t, q)
			if len(dead) != 1 || dead[0].Attempts != 3 || dead[0].Reason != "not delivered in 3 attempts; the last: connection refused" {
				t.Errorf("dead letters %+v", dead)
			}
			if got := s.sent(); len(got) != 3 {
				t.Errorf("%d attempts", len(got))
			}
		})
	}
}

// Attempts may come later than the limit allows, never sooner.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	const perSecond, events = 50, 40
	s := newFake(takes)
	q := openQueue(t, t.TempDir(), limits)
	d := deliver(t, q, s.target("erp", func(c *config.Sink) { c.Delivery.PerSecond = perSecond }))
	for n := range events {
		put(t, q, fmt.Sprint(n), 0)
	}
	settled(t, d, "erp")
	s.mu.Lock()
	defer s.mu.Unlock()
	const burst = 4 // as many as there are workers
	least := time.Second * (events - burst - 1) / perSecond
	if took := s.at[len(s.at)-1].Sub(s.at[0]); took < least {
		t.Errorf("%d attempts within %s, want at least %s", events, took, least)
	}
}

// What waits for its time goes back to the queue when the sink is changed, and comes again in its order.
func TestRateLimitHoldsUpNoChange(t *testing.T) {
	t.Parallel()
	for _, order := range []config.Order{config.None, config.PerRecord} {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			s := newFake(takes)
			q := openQueue(t, t.TempDir(), limits)
			slow := func(c *config.Sink) { c.Delivery.PerSecond, c.Delivery.Concurrency, c.Delivery.Order = 1, 200, order }
			d := deliver(t, q, s.target("erp", slow))
			const n = 300
			for i := range n {
				putRecord(t, q, i, 0)
			}
			eventually(t, func() string {
				if len(s.sent()) == 0 {
					return "nothing was sent"
				}
				return ""
			})
			apply(t, d, false, s.target("erp", slow, func(c *config.Sink) { c.Delivery.PerSecond = 0 }))
			settled(t, d, "erp")
			got := s.sent()
			slices.Sort(got)
			if all := slices.Compact(slices.Clone(got)); len(got) != n || len(all) != n {
				t.Errorf("%d deliveries of %d events, want %d of each", len(got), len(all), n)
			}
		})
	}
}

func TestDownSinkIsProbedOnly(t *testing.T) {
	t.Parallel()
	s := newFake(fails)
	q := openQueue(t, t.TempDir(), limits)
	d := deliver(t, q, s.target("erp", func(c *config.Sink) {
		c.Delivery.Circuit = config.Circuit{After: config.Duration(10 * time.Millisecond), ProbeInterval: config.Duration(time.Hour)}
	}))
	for n := range 50 {
		put(t, q, fmt.Sprint(n), 0)
	}
	eventually(t, func() string {
		if !report(t, d, "erp").CircuitOpen {
			return "the circuit is not open"
		}
		return ""
	})
	// The workers that had passed before may each make one more attempt.
	before := len(s.sent())
	put(t, q, "more", 0)
	eventually(t, func() string { // the engine's counter lags behind the store for a moment
		if r := report(t, d, "erp"); r.Pending != 51 {
			return fmt.Sprintf("%d wait, want all 51", r.Pending)
		}
		return ""
	})
	if now := len(s.sent()); now > before+4 {
		t.Errorf("%d more attempts at a sink that is down", now-before)
	}
	apply(t, d, false, newFake(takes).target("erp"))
	settled(t, d, "erp")
	if report(t, d, "erp").CircuitOpen {
		t.Error("the circuit is still open")
	}
}

// While a sink is down, one event is tried now and then. The others do not have to wait for that to become dead letters.
func TestDownSinkIsNotAskedForWhatIsTooOld(t *testing.T) {
	t.Parallel()
	for _, order := range []config.Order{config.None, config.PerRecord} {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			s := newFake(func(context.Context, string, int) sink.Outcome {
				return sink.Retry{After: time.Hour / 2, Cause: errors.New("connection refused")}
			})
			q := openQueue(t, t.TempDir(), limits)
			d := deliver(t, q, s.target("erp", func(c *config.Sink) {
				c.Delivery.Order = order
				c.Delivery.Circuit = config.Circuit{After: config.Duration(10 * time.Millisecond), ProbeInterval: config.Duration(100 * time.Millisecond)}
			}))
			record := 0
			eventually(t, func() string {
				if report(t, d, "erp").CircuitOpen {
					return ""
				}
				record++
				putRecord(t, q, record, 0)
				return "the circuit is not open"
			})
			const n = 30
			for i := range n { // all of one record, another one
				put(t, q, fmt.Sprintf("old %02d", i), 2*time.Hour)
			}
			put(t, q, "young", 0)
			eventually(t, func() string {
				if !slices.Contains(s.sent(), "young") {
					return "what is not too old was not tried"
				}
				return ""
			})
			eventually(t, func() string {
				if dead := letters(t, q); len(dead) != n {
					return fmt.Sprintf("%d dead letters, want %d", len(dead), n)
				}
				return ""
			})
			const want = "too old: not delivered within 1h0m0s, in 0 attempts; the sink was not asked again, since it had failed all along: connection refused"
			for _, l := range letters(t, q) {
				if l.Reason != want || l.Attempts != 0 {
					t.Errorf("%d attempts, and the reason %q", l.Attempts, l.Reason)
				}
			}
			for _, id := range s.sent() {
				if strings.HasPrefix(id, "old") {
					t.Errorf("%s was tried", id)
				}
			}
		})
	}
}

func TestHopelessEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		open     bool
		attempts int // made before
		age      time.Duration
		last     error
		want     string
	}{
		{"in time", true, 2, time.Minute, nil, ""},
		{"too old, and the sink is not known to be down", false, 2, 2 * time.Hour, nil, ""},
		{"out of attempts, and the sink is not known to be down", false, 3, time.Minute, nil, ""},
		{
			"too old", true, 2, 2 * time.Hour, errors.New("connection refused"),
			"too old: not delivered within 1h0m0s, in 2 attempts; the sink was not asked again, since it had failed all along: connection refused",
		},
		{
			"out of attempts, of which fewer are allowed now", true, 3, time.Minute, nil,
			"not delivered in 3 attempts; the sink was not asked again, since it had failed all along",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := &dispatcher{
				limits:  config.Delivery{MaxAge: config.Duration(time.Hour), MaxAttempts: 3},
				circuit: &circuit{open: c.open}, health: &health{attempt: c.last},
			}
			j := &job{Delivery: &queue.Delivery{Attempt: c.attempts + 1, Since: time.Now().Add(-c.age)}}
			if got := d.hopeless(j); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
