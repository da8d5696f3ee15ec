// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
)

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func TestCursor(t *testing.T) {
	t.Parallel()
	everywhere(t, testCursor)
}

func testCursor(t *testing.T, limits config.Queue) {
	t.Run("shows a sink the events it wants, from when it came", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		all := openCursor(t, q, "all")
		put(t, q, created, "1")
		late, err := q.Cursor(t.Context(), config.Sink{Name: "late", Events: []string{created}}, []string{created, changed})
		if err != nil {
			t.Fatal(err)
		}
		put(t, q, changed, "2")
		put(t, q, created, "3")
		for _, want := range []string{"1", "2", "3"} {
			ack(t, all, want)
		}
		ack(t, late, "3")
		nothing(t, late)
		nothing(t, all)
	})
	t.Run("keeps its position, its attempts and its pauses over a restart", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		q := open(t, dir, limits)
		c := openCursor(t, q, "erp")
		for _, key := range []string{"done", "later", "much later", "under way", "new"} {
			put(t, q, created, key)
		}
		ack(t, c, "done")
		for _, pause := range []time.Duration{2 * time.Second, time.Hour} {
			if err := next(t, c).Retry(pause); err != nil {
				t.Fatal(err)
			}
		}
		next(t, c).settle() // no signs of life any more, as when the process dies
		// What is stored of a cursor is a tenth of a second old at most, as long as it is not closed in order.
		q.Close()

		q = open(t, dir, limits)
		c = openCursor(t, q, "erp")
		if got := backlog(t, c).Pending; got != 4 {
			t.Errorf("%d wait, want 4", got)
		}
		attempts := map[string]int{}
		for range 3 {
			d := next(t, c)
			attempts[string(d.Body)] = d.Attempt
			if err := d.Ack(); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(map[string]int{"new": 1, "later": 2, "under way": 2}, attempts); diff != "" {
			t.Errorf("attempts (-want +got)\n%s", diff)
		}
		nothing(t, c)
		if got := backlog(t, c).Pending; got != 1 {
			t.Errorf("%d wait, want 1", got)
		}
	})
	t.Run("counts attempts and waits between them", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		put(t, q, created, "a")
		const pause = 200 * time.Millisecond
		for attempt := 1; attempt <= 4; attempt++ {
			asked := time.Now()
			d := next(t, c)
			if d.Attempt != attempt {
				t.Fatalf("attempt %d, want %d", d.Attempt, attempt)
			}
			if waited := time.Since(asked); attempt > 1 && waited < pause-50*time.Millisecond {
				t.Errorf("attempt %d came after %s already", attempt, waited)
			}
			if err := d.Retry(pause); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("does not hand out again what is under way, however long it takes", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		put(t, q, created, "slow")
		d := next(t, c)
		ctx, cancel := contextFor(t, ackWait+ackWait/2)
		defer cancel()
		if again, err := c.Next(ctx); err == nil {
			t.Fatalf("got %q again while it is under way", again.Body)
		}
		if err := d.Ack(); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("goes on as it was when its sink changes", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		put(t, q, created, "1")
		put(t, q, created, "2")
		ack(t, c, "1")
		if err := next(t, c).Retry(time.Hour); err != nil {
			t.Fatal(err)
		}
		put(t, q, created, "3")
		c, err := q.Cursor(t.Context(), config.Sink{
			Name: "erp", Events: []string{created}, HTTP: &config.HTTP{Timeout: config.Duration(5 * time.Minute)},
		}, []string{created, changed})
		if err != nil {
			t.Fatal(err)
		}
		put(t, q, changed, "not wanted any more")
		put(t, q, created, "4")
		ack(t, c, "3")
		ack(t, c, "4")
		nothing(t, c)
		if got := backlog(t, c).Pending; got != 1 {
			t.Errorf("%d wait, want the one that was postponed", got)
		}
		c = openCursor(t, q, "erp")
		put(t, q, changed, "wanted again")
		ack(t, c, "wanted again")
		nothing(t, c)
	})
	t.Run("gives each of many callers a message of its own", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		const workers, messages = 16, 400
		got := make(chan string, 2*messages)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for {
					d, err := c.Next(ctx)
					if err != nil {
						return
					}
					got <- string(d.Body)
					if err := d.Ack(); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i := range messages {
			put(t, q, created, fmt.Sprint(i))
		}
		eventually(t, func() string {
			if n := backlog(t, c).Pending; n > 0 {
				return fmt.Sprintf("%d are left", n)
			}
			return ""
		})
		stop()
		all.Wait()
		close(got)
		bodies := slices.Sorted(func(yield func(string) bool) {
			for b := range got {
				if !yield(b) {
					return
				}
			}
		})
		if n := len(slices.Compact(slices.Clone(bodies))); n != messages || len(bodies) != messages {
			t.Errorf("%d deliveries of %d messages, want %d of each", len(bodies), n, messages)
		}
	})
}

// Of a queue that is shared see TestAbandonedCursor.
func TestRemovedCursorIsForgottenAndStartsAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q := open(t, dir, limits)
	openCursor(t, q, "gone")
	openCursor(t, q, "kept")
	put(t, q, created, "1")
	if err := q.RemoveCursor(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	if err := q.RemoveCursor(t.Context(), "never-there"); err != nil {
		t.Error(err)
	}
	q.Close()
	q = open(t, dir, limits)
	if diff := cmp.Diff([]string{"kept"}, q.Sinks()); diff != "" {
		t.Errorf("cursors (-want +got)\n%s", diff)
	}
	gone := openCursor(t, q, "gone")
	put(t, q, created, "2")
	ack(t, gone, "2")
	nothing(t, gone)
}

func TestBacklogCountsWhatWasJustStored(t *testing.T) {
	t.Parallel()
	everywhere(t, testBacklogCountsWhatWasJustStored)
}

func testBacklogCountsWhatWasJustStored(t *testing.T, limits config.Queue) {
	q := open(t, t.TempDir(), limits)
	c := openCursor(t, q, "erp")
	for i := range 500 {
		put(t, q, created, fmt.Sprint(i))
		if got := backlog(t, c); got.Pending != 1 || got.Oldest.IsZero() {
			t.Fatalf("event %d: %+v", i, got)
		}
		ack(t, c, fmt.Sprint(i))
		if got := backlog(t, c); got != (Backlog{}) {
			t.Fatalf("event %d was acknowledged: %+v", i, got)
		}
	}
}

func TestBacklog(t *testing.T) {
	t.Parallel()
	everywhere(t, testBacklog)
}

func testBacklog(t *testing.T, limits config.Queue) {
	q := open(t, t.TempDir(), limits)
	c := openCursor(t, q, "erp")
	other, err := q.Cursor(t.Context(), config.Sink{Name: "other", Events: []string{changed}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 3 {
		m := message(fmt.Sprint(i))
		m.Received = first.Add(time.Duration(i) * time.Minute)
		if _, err := q.Put(t.Context(), created, superofficeKey(i), m); err != nil {
			t.Fatal(err)
		}
	}
	check := func(c *Cursor, want Backlog) {
		t.Helper()
		eventually(t, func() string { return cmp.Diff(want, backlog(t, c)) }) // the engine's counters lag behind
	}
	check(c, Backlog{Pending: 3, Oldest: first})
	check(other, Backlog{})
	d := next(t, c)
	ack(t, c, "1")
	check(c, Backlog{Pending: 2, Oldest: first})
	if err := d.Ack(); err != nil {
		t.Fatal(err)
	}
	check(c, Backlog{Pending: 1, Oldest: first.Add(2 * time.Minute)})
	ack(t, c, "2")
	check(c, Backlog{})
}
