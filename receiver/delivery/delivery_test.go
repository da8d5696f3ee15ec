// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestDelivery(t *testing.T) {
	t.Parallel()
	t.Run("brings each event to each sink once when all goes well", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		erp, bi := newFake(takes), newFake(takes)
		d := deliver(t, q, erp.target("erp"), bi.target("bi"))
		var want []string
		for i := range 50 {
			want = append(want, fmt.Sprintf("%02d", i))
			put(t, q, want[i], 0)
		}
		settled(t, d, "erp")
		settled(t, d, "bi")
		for _, f := range []*fake{erp, bi} {
			got := f.sent()
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-put +sent)\n%s", diff)
			}
		}
		if r := report(t, d, "erp"); r.LastError != nil || time.Since(r.LastDelivery) > patience {
			t.Errorf("%+v", r)
		}
	})
	t.Run("is not held up by sinks that are down or hang", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		alive := newFake(takes)
		d := deliver(t, q, newFake(fails).target("down"), newFake(blocks).target("hangs"), alive.target("alive"))
		const n = 300
		for i := range n {
			put(t, q, fmt.Sprint(i), 0)
		}
		settled(t, d, "alive")
		if got := len(alive.sent()); got != n {
			t.Errorf("%d deliveries, want %d", got, n)
		}
		for _, name := range []string{"down", "hangs"} {
			if got := report(t, d, name).Pending; got != n {
				t.Errorf("%d wait for sink %q, want %d", got, name, n)
			}
		}
		if err := report(t, d, "down").LastError; err == nil || err.Error() != "connection refused" {
			t.Errorf("the sink that is down reports %v", err)
		}
	})
	t.Run("makes no more attempts at the same time than configured, and no fewer", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		f := newFake(blocks)
		deliver(t, q, f.target("erp"))
		for i := range 20 {
			put(t, q, fmt.Sprint(i), 0)
		}
		eventually(t, func() string {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.busy < 4 {
				return fmt.Sprintf("%d attempts at the same time, want 4", f.busy)
			}
			return ""
		})
		<-time.After(quiet)
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.busiest != 4 {
			t.Errorf("%d attempts at the same time, want 4", f.busiest)
		}
	})
	t.Run("tells the observer of each attempt", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		var mu sync.Mutex
		seen := map[string]int{}
		d := New(q, func(a Attempt) {
			mu.Lock()
			defer mu.Unlock()
			if a.Took < 0 || a.Number < 1 || a.Event == nil {
				t.Errorf("an attempt like %+v", a)
			}
			seen[fmt.Sprintf("%s %T", a.Sink, a.Outcome)]++
		}, logr.Discard())
		f := newFake(func(_ context.Context, id string, attempt int) sink.Outcome {
			switch {
			case id == "bad":
				return sink.Dead{Reason: "bad"}
			case attempt < 3:
				return sink.Retry{Cause: errors.New("not yet")}
			}
			return sink.Delivered{}
		})
		apply(t, d, false, f.target("erp"))
		put(t, q, "good", 0)
		put(t, q, "bad", 0)
		settled(t, d, "erp")
		d.Stop(t.Context())
		want := map[string]int{"erp sink.Delivered": 1, "erp sink.Retry": 2, "erp sink.Dead": 1}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestRetries(t *testing.T) {
	t.Parallel()
	t.Run("go on until the sink takes the event", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		f := newFake(func(_ context.Context, _ string, attempt int) sink.Outcome {
			if attempt < 6 {
				return sink.Retry{Cause: errors.New("the sink answered 503 Service Unavailable")}
			}
			return sink.Delivered{}
		})
		d := deliver(t, q, f.target("erp"))
		put(t, q, "1", 0)
		settled(t, d, "erp")
		if got := len(f.sent()); got != 6 {
			t.Errorf("%d attempts, want 6", got)
		}
		if r := report(t, d, "erp"); r.LastError != nil {
			t.Errorf("it works again, and the report says %v", r.LastError)
		}
	})
	t.Run("come no sooner than the sink wants", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		const wanted = 700 * time.Millisecond
		f := newFake(func(_ context.Context, _ string, attempt int) sink.Outcome {
			if attempt == 1 {
				return sink.Retry{After: wanted, Cause: errors.New("the sink answered 429 Too Many Requests")}
			}
			return sink.Delivered{}
		})
		d := deliver(t, q, f.target("erp"))
		put(t, q, "1", 0)
		settled(t, d, "erp")
		f.mu.Lock()
		defer f.mu.Unlock()
		if got := f.at[1].Sub(f.at[0]); got < wanted {
			t.Errorf("the second attempt came after %s", got)
		}
	})
	t.Run("go on after a restart where they stood", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		q := openQueue(t, dir, limits)
		f := newFake(func(_ context.Context, _ string, attempt int) sink.Outcome {
			if attempt < 5 {
				return sink.Retry{Cause: errors.New("down")}
			}
			return sink.Retry{After: time.Hour / 2, Cause: errors.New("come back later")}
		})
		d := deliver(t, q, f.target("erp"))
		put(t, q, "1", 0)
		eventually(t, func() string {
			if got := len(f.sent()); got < 5 {
				return fmt.Sprintf("%d attempts", got)
			}
			return ""
		})
		d.Stop(t.Context())
		if list := letters(t, q); len(list) > 0 {
			t.Fatalf("%+v", list)
		}
		q.Close()
		q = openQueue(t, dir, limits)
		dead := newFake(refuses)
		deliver(t, q, dead.target("erp"))
		put(t, q, "2", 0)
		eventually(t, func() string {
			if len(letters(t, q)) == 0 {
				return "the new event did not come"
			}
			return ""
		})
		if diff := cmp.Diff([]string{"2"}, dead.sent()); diff != "" {
			t.Errorf("the pause was forgotten (-want +sent)\n%s", diff)
		}
	})
}

func TestDeadLettering(t *testing.T) {
	t.Parallel()
	t.Run("takes an event that the sink refuses, at once and with its answer", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		f, other := newFake(refuses), newFake(takes)
		d := deliver(t, q, f.target("erp"), other.target("bi"))
		put(t, q, "1", 0)
		settled(t, d, "erp")
		settled(t, d, "bi")
		list := letters(t, q)
		if len(list) != 1 || list[0].Reason != "the sink answered 400 Bad Request" || list[0].Answer != "no" || list[0].Attempts != 1 {
			t.Errorf("%+v", list)
		}
		if got := len(other.sent()); got != 1 {
			t.Errorf("the other sink got %d", got)
		}
		if r := report(t, d, "erp"); r.LastError != nil {
			t.Errorf("a refused event says nothing about the sink, and the report says %v", r.LastError)
		}
	})
	t.Run("takes an event that got too old, after one more attempt", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		f := newFake(fails)
		d := deliver(t, q, f.target("erp", func(c *config.Sink) { c.Delivery.MaxAge = config.Duration(time.Minute) }))
		put(t, q, "old", time.Hour)
		settled(t, d, "erp")
		list := letters(t, q)
		if len(list) != 1 || list[0].Attempts != 1 {
			t.Fatalf("%+v", list)
		}
		for _, part := range []string{"too old", "1m0s", "connection refused"} {
			if !strings.Contains(list[0].Reason, part) {
				t.Errorf("the reason %q lacks %q", list[0].Reason, part)
			}
		}
	})
	t.Run("takes an event that gets too old while it is tried", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		f := newFake(fails)
		d := deliver(t, q, f.target("erp", func(c *config.Sink) { c.Delivery.MaxAge = config.Duration(500 * time.Millisecond) }))
		put(t, q, "1", 0)
		settled(t, d, "erp")
		list := letters(t, q)
		if len(list) != 1 || list[0].Attempts < 5 {
			t.Fatalf("%+v", list)
		}
		if age := list[0].Died.Sub(list[0].Received); age < 500*time.Millisecond {
			t.Errorf("it died %s after its receipt already", age)
		}
	})
	t.Run("counts the age of a replayed event from its replay", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		var up sync.Map
		f := newFake(func(ctx context.Context, id string, attempt int) sink.Outcome {
			if _, ok := up.Load("up"); ok && attempt > 3 {
				return sink.Delivered{}
			}
			return fails(ctx, id, attempt)
		})
		d := deliver(t, q, f.target("erp", func(c *config.Sink) { c.Delivery.MaxAge = config.Duration(time.Minute) }))
		put(t, q, "old", time.Hour)
		settled(t, d, "erp")
		up.Store("up", true)
		if err := q.Replay(t.Context(), letters(t, q)[0].ID); err != nil {
			t.Fatal(err)
		}
		settled(t, d, "erp")
		if got := len(f.sent()); got != 4 {
			t.Errorf("%d attempts, want 1 before and 3 after the replay", got)
		}
		if list := letters(t, q); len(list) > 0 {
			t.Errorf("%+v", list)
		}
	})
	t.Run("takes an event however much the sink says, and keeps the beginning", func(t *testing.T) {
		t.Parallel()
		long := "malformed answer: " + strings.Repeat("ä\x00", 1<<19)
		for name, c := range map[string]struct {
			outcome sink.Outcome
			reason  string
		}{
			"of a failure": {sink.Retry{Cause: errors.New(long)}, "not delivered in 2 attempts; the last: malformed answer: ä"},
			"of a refusal": {sink.Dead{Reason: long, Answer: long}, "malformed answer: ä"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				q := openQueue(t, t.TempDir(), limits)
				f := newFake(func(context.Context, string, int) sink.Outcome { return c.outcome })
				said := make(chan string, 2)
				d := New(q, func(a Attempt) { _, why := describe(a.Outcome); said <- why }, logr.Discard())
				t.Cleanup(func() { d.Stop(context.Background()) })
				apply(t, d, false, f.target("erp", func(c *config.Sink) { c.Delivery.MaxAttempts = 2 }))
				put(t, q, "1", 0)
				settled(t, d, "erp")
				list := letters(t, q)
				if len(list) != 1 || !strings.HasPrefix(list[0].Reason, c.reason) || !strings.HasSuffix(list[0].Reason, "…") {
					t.Fatalf("%d dead letters, %.100v", len(list), list)
				}
				if n := len(list[0].Reason); n > maxText+100 {
					t.Errorf("the reason has %d bytes", n)
				}
				if why := <-said; len(why) > maxText || !utf8.ValidString(why) {
					t.Errorf("the observer is told %d bytes", len(why))
				}
				if err := report(t, d, "erp").LastError; err != nil && len(err.Error()) > maxText {
					t.Errorf("the report has %d bytes", len(err.Error()))
				}
			})
		}
	})
	t.Run("takes a stored message that is no event", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		d := deliver(t, q, newFake(takes).target("erp"))
		if _, err := q.Put(t.Context(), superoffice.ActivityCreated, "1", queue.Message{Body: []byte("{"), Received: time.Now()}); err != nil {
			t.Fatal(err)
		}
		settled(t, d, "erp")
		if list := letters(t, q); len(list) != 1 {
			t.Errorf("%+v", list)
		}
	})
	t.Run("leaves the event in the queue while there is no room, and says so", func(t *testing.T) {
		t.Parallel()
		small := limits
		small.MaxBytes = 1 << 20
		q := openQueue(t, t.TempDir(), small)
		for i := 0; ; i++ {
			if err := q.Bury(t.Context(), "fills the room", fmt.Sprint(i), queue.Message{Body: make([]byte, 64), Received: time.Now()}); err != nil {
				break
			}
		}
		f := newFake(refuses)
		d := deliver(t, q, f.target("erp"))
		put(t, q, "1", 0)
		eventually(t, func() string {
			if n := len(f.sent()); n < 3 {
				return fmt.Sprintf("%d attempts", n)
			}
			return ""
		})
		if r := report(t, d, "erp"); r.Pending != 1 || !errors.Is(r.LastError, queue.ErrFull) {
			t.Errorf("%d wait, and the last error is %v", r.Pending, r.LastError)
		}
		for id := uint64(1); id < 20; id++ {
			if err := q.Forget(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		settled(t, d, "erp")
		if list := letters(t, q); len(list) != 1 {
			t.Errorf("%+v", list)
		}
		eventually(t, func() string { // it is noted after the queue was told
			if err := report(t, d, "erp").LastError; err != nil {
				return "there is room, and the report says " + err.Error()
			}
			return ""
		})
	})
	t.Run("shows that a sink is back, which refuses what it gets", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		var back atomic.Bool
		f := newFake(func(ctx context.Context, id string, attempt int) sink.Outcome {
			if back.Load() {
				return refuses(ctx, id, attempt)
			}
			return fails(ctx, id, attempt)
		})
		d := deliver(t, q, f.target("erp"))
		put(t, q, "1", 0)
		eventually(t, func() string {
			if report(t, d, "erp").LastError == nil {
				return "no error is reported"
			}
			return ""
		})
		back.Store(true)
		settled(t, d, "erp")
		if r := report(t, d, "erp"); r.LastError != nil || !r.LastDelivery.IsZero() {
			t.Errorf("it refused all there was, and the report says %v, and %s for the last delivery", r.LastError, r.LastDelivery)
		}
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	errDown, errFull := errors.New("down"), errors.New("full")
	h := &health{}
	for i, step := range []struct {
		do   func() bool
		news bool
		want error
	}{
		{func() bool { return h.attempted(nil) }, false, nil},
		{func() bool { return h.attempted(errDown) }, true, errDown},
		{func() bool { return h.attempted(errDown) }, false, errDown},
		{func() bool { return h.buried(errFull) }, true, errFull},
		{func() bool { return h.attempted(nil) }, true, errFull},
		{func() bool { return h.attempted(errDown) }, true, errFull},
		{func() bool { return h.buried(nil) }, true, errDown},
		{func() bool { return h.buried(nil) }, false, errDown},
		{func() bool { return h.succeeded() }, true, nil},
		{func() bool { return h.buried(errFull) }, true, errFull},
		{func() bool { return h.succeeded() }, true, nil},
		{func() bool { return h.succeeded() }, false, nil},
	} {
		if news := step.do(); news != step.news {
			t.Errorf("step %d: news %t, want %t", i, news, step.news)
		}
		if got := h.get().LastError; !errors.Is(got, step.want) {
			t.Errorf("step %d: the last error is %v, want %v", i, got, step.want)
		}
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	t.Run("disturbs no sink that did not change", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		same, other := newFake(takes), newFake(takes)
		d := deliver(t, q, same.target("same"), other.target("other"))
		apply(t, d, false, same.target("same"), other.target("other", func(c *config.Sink) { c.Delivery.Concurrency = 2 }), newFake(takes).target("new"))
		if same.opened != 1 || same.closed != 0 {
			t.Errorf("the unchanged sink was opened %d times and closed %d times", same.opened, same.closed)
		}
		if other.opened != 2 || other.closed != 1 {
			t.Errorf("the changed sink was opened %d times and closed %d times", other.opened, other.closed)
		}
	})
	t.Run("starts a sink anew when only its secrets changed, and delivers each event once", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		before, after := newFake(takes), newFake(takes)
		target := before.target("erp")
		target.Secrets = map[string]string{"X-Key": "old"}
		d := deliver(t, q, target)
		const n = 300
		var writer sync.WaitGroup
		writer.Go(func() {
			for i := range n - 1 {
				put(t, q, fmt.Sprint(i), 0)
			}
		})
		eventually(t, func() string {
			if len(before.sent()) == 0 {
				return "nothing was delivered"
			}
			return ""
		})
		target = after.target("erp")
		target.Secrets = map[string]string{"X-Key": "new"}
		apply(t, d, false, target)
		writer.Wait()
		put(t, q, "last", 0) // the former one may have been quick enough to take all others
		settled(t, d, "erp")
		got := append(before.sent(), after.sent()...)
		slices.Sort(got)
		if all := slices.Compact(slices.Clone(got)); len(got) != n || len(all) != n {
			t.Errorf("%d deliveries of %d events, want %d of each", len(got), len(all), n)
		}
		if len(after.sent()) == 0 {
			t.Error("the new sink got nothing")
		}
	})
	t.Run("forgets a sink that is gone, and starts one that comes with new events", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		stays, gone, comes := newFake(takes), newFake(fails), newFake(takes)
		d := deliver(t, q, stays.target("stays"), gone.target("gone"))
		put(t, q, "1", 0)
		settled(t, d, "stays")
		apply(t, d, false, stays.target("stays"), comes.target("comes"))
		if diff := cmp.Diff([]string{"comes", "stays"}, sorted(q.Sinks())); diff != "" {
			t.Errorf("cursors (-want +got)\n%s", diff)
		}
		put(t, q, "2", 0)
		settled(t, d, "stays")
		settled(t, d, "comes")
		if diff := cmp.Diff([]string{"2"}, comes.sent()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		apply(t, d, false, newFake(takes).target("gone"))
		if n := report(t, d, "gone").Pending; n != 0 {
			t.Errorf("%d wait for a sink that came anew", n)
		}
	})
	t.Run("pauses all sinks and lets them go on where they were", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		f := newFake(takes)
		d := deliver(t, q, f.target("erp"))
		put(t, q, "1", 0)
		settled(t, d, "erp")
		apply(t, d, true, f.target("erp"))
		put(t, q, "2", 0)
		<-time.After(quiet)
		if r := report(t, d, "erp"); !r.Paused || r.WaitingFor != "" || r.Pending != 1 {
			t.Errorf("%+v", r)
		}
		if diff := cmp.Diff([]string{"1"}, f.sent()); diff != "" {
			t.Errorf("while suspended (-want +sent)\n%s", diff)
		}
		apply(t, d, false, f.target("erp"))
		settled(t, d, "erp")
		if diff := cmp.Diff([]string{"1", "2"}, f.sent()); diff != "" {
			t.Errorf("(-want +sent)\n%s", diff)
		}
	})
	t.Run("keeps what a sink gets that waits for something, and goes on with the others", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		f, other := newFake(takes), newFake(takes)
		waits := func(c *config.Sink) { c.WaitingFor = "a Service" }
		d := deliver(t, q, f.target("erp", waits), other.target("other"))
		put(t, q, "1", 0)
		settled(t, d, "other")
		if r := report(t, d, "erp"); !r.Paused || r.WaitingFor != "a Service" || r.Pending != 1 {
			t.Errorf("%+v", r)
		}
		apply(t, d, false, f.target("erp"), other.target("other"))
		settled(t, d, "erp")
		for _, sent := range [][]string{f.sent(), other.sent()} {
			if diff := cmp.Diff([]string{"1"}, sent); diff != "" {
				t.Errorf("(-want +sent)\n%s", diff)
			}
		}
	})
	t.Run("lets no sink that hangs hold up the others or the report", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		hangs, other := newFake(blocks), newFake(takes)
		d := deliver(t, q, hangs.target("hangs"), other.target("other"))
		put(t, q, "1", 0)
		eventually(t, func() string {
			if len(hangs.sent()) == 0 {
				return "nothing was sent"
			}
			return ""
		})
		slower := func(c *config.Sink) { c.Delivery.Concurrency = 1 }
		ctx, giveUp := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- d.Apply(ctx, []Target{hangs.target("hangs", slower), other.target("other", slower)}, false)
		}()
		eventually(t, func() string {
			other.mu.Lock()
			defer other.mu.Unlock()
			if other.opened < 2 {
				return "the other sink was not started anew"
			}
			return ""
		})
		put(t, q, "2", 0)
		settled(t, d, "other")
		giveUp()
		if err := <-done; err == nil {
			t.Error("the change was given up and told no error")
		}
		apply(t, d, false, hangs.target("hangs", slower), other.target("other", slower))
	})
}

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("waits for the attempts under way", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		release := make(chan struct{})
		f := newFake(func(context.Context, string, int) sink.Outcome {
			<-release
			return sink.Delivered{}
		})
		d := deliver(t, q, f.target("erp"))
		put(t, q, "1", 0)
		eventually(t, func() string {
			if len(f.sent()) == 0 {
				return "nothing was sent"
			}
			return ""
		})
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			d.Stop(t.Context())
		}()
		select {
		case <-stopped:
			t.Error("it did not wait")
		case <-time.After(quiet):
		}
		close(release)
		<-stopped
		if n := report(t, d, "erp").Pending; n != 0 {
			t.Errorf("%d wait", n)
		}
	})
	t.Run("cuts them off in the end, and they come again soon after the next start", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		q := openQueue(t, dir, limits)
		f := newFake(blocks)
		d := deliver(t, q, f.target("erp"))
		put(t, q, "1", 0)
		eventually(t, func() string {
			if len(f.sent()) == 0 {
				return "nothing was sent"
			}
			return ""
		})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		d.Stop(ctx)
		if r := report(t, d, "erp"); r.LastError != nil {
			t.Errorf("being cut off is not the sink's fault, and the report says %v", r.LastError)
		}
		q.Close()

		q = openQueue(t, dir, limits)
		f = newFake(takes)
		d = deliver(t, q, f.target("erp"))
		settled(t, d, "erp")
		if diff := cmp.Diff([]string{"1"}, f.sent()); diff != "" {
			t.Errorf("(-want +sent)\n%s", diff)
		}
	})
	t.Run("does not send again what was taken in the last moment", func(t *testing.T) {
		t.Parallel()
		q := openQueue(t, t.TempDir(), limits)
		f := newFake(func(ctx context.Context, _ string, _ int) sink.Outcome {
			<-ctx.Done()
			return sink.Delivered{}
		})
		d := deliver(t, q, f.target("erp"))
		put(t, q, "1", 0)
		eventually(t, func() string {
			if len(f.sent()) == 0 {
				return "nothing was sent"
			}
			return ""
		})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		d.Stop(ctx)
		if n := report(t, d, "erp").Pending; n != 0 {
			t.Errorf("%d wait", n)
		}
	})
}
