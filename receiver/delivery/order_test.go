// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func perRecord(c *config.Sink) { c.Delivery.Order = config.PerRecord }

// putRecord stores the n-th event about a record; its id is "record/n".
func putRecord(t *testing.T, q *queue.Queue, record, n int) {
	t.Helper()
	id := fmt.Sprintf("%d/%d", record, n)
	body := fmt.Appendf(nil, `{"Event":"activity.created","EventId":%q,"Entity":"activity","PrimaryKey":%d}`, id, record)
	m := queue.Message{Body: body, Header: http.Header{}, Received: time.Now()}
	if _, err := q.Put(t.Context(), superoffice.ActivityCreated, superoffice.DedupKey(id), m); err != nil {
		t.Fatal(err)
	}
}

// inOrder tells what is wrong with the order of what a sink took: each event once more at most than the process was
// ended, and none after one that was stored later.
func inOrder(taken []string) []string {
	var problems []string
	last := map[string]int{}
	for _, id := range taken {
		record, number, _ := strings.Cut(id, "/")
		n, _ := strconv.Atoi(number)
		if n < last[record] {
			problems = append(problems, fmt.Sprintf("%s after %s/%d", id, record, last[record]))
		}
		last[record] = n
	}
	return problems
}

// flaky takes an event in one of three attempts and remembers the order.
type flaky struct {
	mu    sync.Mutex
	taken []string
	busy  map[string]bool
	wrong []string
}

func (f *flaky) answer(_ context.Context, id string, _ int) sink.Outcome {
	record, _, _ := strings.Cut(id, "/")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy[record] {
		f.wrong = append(f.wrong, "two events of record "+record+" at a time")
	}
	f.busy[record] = true
	f.mu.Unlock()
	fails := rand.IntN(3) > 0 // an attempt takes the time that others need to overtake
	f.mu.Lock()
	f.busy[record] = false
	if fails {
		return sink.Retry{Cause: errors.New("not now")}
	}
	f.taken = append(f.taken, id)
	return sink.Delivered{}
}

func TestOrderPerRecord(t *testing.T) {
	t.Parallel()
	const records, each = 20, 15
	f := &flaky{busy: map[string]bool{}}
	s := newFake(f.answer)
	q := openQueue(t, t.TempDir(), limits)
	d := deliver(t, q, s.target("erp", perRecord))
	for n := range each {
		for record := range records {
			putRecord(t, q, record, n)
		}
	}
	settled(t, d, "erp")
	f.mu.Lock()
	defer f.mu.Unlock()
	if problems := append(inOrder(f.taken), f.wrong...); len(problems) > 0 || len(f.taken) != records*each {
		t.Errorf("%d of %d taken; %q", len(f.taken), records*each, problems)
	}
}

// A job that waits for no time at all is with another worker before the one that postponed it goes on.
func TestPostponedJobIsTheNextWorkersAtOnce(t *testing.T) {
	t.Parallel()
	const attempts = 2000
	l := newLanes(nil)
	l.ready <- &job{Delivery: &queue.Delivery{}}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for j, err := l.next(ctx); err == nil; j, err = l.next(ctx) {
				if j.Attempt == attempts {
					end()
					return
				}
				_ = l.postpone(j, 0)
			}
		})
	}
	workers.Wait()
}

func TestFailingRecordHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	s := newFake(func(_ context.Context, id string, _ int) sink.Outcome {
		if id == "0/0" {
			return sink.Retry{Cause: errors.New("not this one")}
		}
		return sink.Delivered{}
	})
	q := openQueue(t, t.TempDir(), limits)
	d := deliver(t, q, s.target("erp", perRecord))
	for n := range 10 {
		for record := range 10 {
			putRecord(t, q, record, n)
		}
	}
	eventually(t, func() string {
		if n := report(t, d, "erp").Pending; n != 10 {
			return fmt.Sprintf("%d events wait, want the 10 of the record that fails", n)
		}
		return ""
	})
	if slices.Contains(s.sent(), "0/1") {
		t.Error("an event overtook the one before it")
	}
}

func TestDeadLetterLetsItsRecordGoOn(t *testing.T) {
	t.Parallel()
	s := newFake(func(_ context.Context, id string, _ int) sink.Outcome {
		if id == "1/0" {
			return sink.Dead{Reason: "refused"}
		}
		return sink.Delivered{}
	})
	q := openQueue(t, t.TempDir(), limits)
	d := deliver(t, q, s.target("erp", perRecord))
	putRecord(t, q, 1, 0)
	putRecord(t, q, 1, 1)
	settled(t, d, "erp")
	if got := s.sent(); !slices.Equal(got, []string{"1/0", "1/1"}) || len(letters(t, q)) != 1 {
		t.Errorf("sent %q, %d dead letters", got, len(letters(t, q)))
	}
}

// The order holds although the process ends again and again in the middle of deliveries, with events under way, waiting
// for another attempt and waiting behind others.
func TestOrderOutlivesRestarts(t *testing.T) {
	t.Parallel()
	const records, each, restarts = 8, 12, 5
	dir := t.TempDir()
	f := &flaky{busy: map[string]bool{}}
	s := newFake(f.answer)
	taken := func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.taken)
	}
	for round := range restarts + 1 {
		q, err := queue.Open(t.Context(), dir, limits, quietLog)
		if err != nil {
			t.Fatal(err)
		}
		d := New(q, func(Attempt) {}, quietLog)
		apply(t, d, false, s.target("erp", perRecord))
		if round == 0 {
			for n := range each {
				for record := range records {
					putRecord(t, q, record, n)
				}
			}
		}
		want := (round + 1) * records * each / (restarts + 1)
		eventually(t, func() string {
			if n := taken(); n < want {
				return fmt.Sprintf("round %d: %d of %d taken", round, n, want)
			}
			return ""
		})
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // attempts under way are cut off
		d.Stop(ctx)
		q.Close()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if problems := append(inOrder(f.taken), f.wrong...); len(problems) > 0 {
		t.Errorf("%q", problems)
	}
}

// What a killed process was given comes again only when the queue has waited for signs of life in vain. What it was not
// given yet must not overtake that.
func TestOrderOutlivesAKill(t *testing.T) {
	t.Parallel()
	s := newFake(takes)
	target, dir := s.target("erp", perRecord), t.TempDir()
	q, err := queue.Open(t.Context(), dir, limits, quietLog)
	if err != nil {
		t.Fatal(err)
	}
	cursor, err := q.Cursor(t.Context(), target.Config, target.Events)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 6 {
		putRecord(t, q, 1, n)
	}
	for range 3 {
		given, err := cursor.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		given.Drop()
	}
	q.Close()

	q = openQueue(t, dir, limits)
	d := deliver(t, q, target)
	settled(t, d, "erp")
	if got, want := s.sent(), []string{"1/0", "1/1", "1/2", "1/3", "1/4", "1/5"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

func TestOrderCanBeSwitched(t *testing.T) {
	t.Parallel()
	s := newFake(fails)
	q := openQueue(t, t.TempDir(), limits)
	d := deliver(t, q, s.target("erp"))
	for n := range 30 {
		putRecord(t, q, n%3, n)
	}
	eventually(t, func() string {
		if n := len(s.sent()); n < 30 {
			return fmt.Sprintf("%d attempts", n)
		}
		return ""
	})
	f := &flaky{busy: map[string]bool{}}
	ordered := newFake(f.answer)
	apply(t, d, false, ordered.target("erp", perRecord))
	settled(t, d, "erp")
	f.mu.Lock()
	defer f.mu.Unlock()
	if problems := append(inOrder(f.taken), f.wrong...); len(problems) > 0 || len(f.taken) != 30 {
		t.Errorf("%d of 30 taken; %q", len(f.taken), problems)
	}
}

// What waits for another attempt is not known by its record, so nothing could be handed on while its pause goes on.
func TestOrderIsSwitchedOnWhilePausesAreLong(t *testing.T) {
	t.Parallel()
	s := newFake(func(context.Context, string, int) sink.Outcome {
		return sink.Retry{After: time.Hour / 2, Cause: errors.New("come back later")}
	})
	q := openQueue(t, t.TempDir(), limits)
	d := deliver(t, q, s.target("erp"))
	putRecord(t, q, 1, 0)
	eventually(t, func() string {
		if len(s.sent()) == 0 {
			return "nothing was sent"
		}
		return ""
	})
	ordered := newFake(takes)
	apply(t, d, false, ordered.target("erp", perRecord))
	putRecord(t, q, 1, 1)
	settled(t, d, "erp")
	if got, want := ordered.sent(), []string{"1/0", "1/1"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// A sink that is changed while it still gathers gives back what it has found, else its successor waits for that for ever.
func TestWhatIsGatheredIsGivenBack(t *testing.T) {
	t.Parallel()
	s := newFake(takes)
	target := s.target("erp", perRecord)
	q := openQueue(t, t.TempDir(), limits)
	cursor, err := q.Cursor(t.Context(), target.Config, target.Events)
	if err != nil {
		t.Fatal(err)
	}
	var given []*queue.Delivery
	for n := range 3 {
		putRecord(t, q, 1, n)
		d, err := cursor.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		given = append(given, d)
	}
	if err := errors.Join(given[0].Retry(0), given[1].Retry(0)); err != nil {
		t.Fatal(err)
	}
	l := newLanes(cursor)
	for len(l.found) < 2 {
		if err := l.gatherNext(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := l.fill(stopped); err == nil {
		t.Error("it did not wait for the third")
	}
	l.close()
	if err := given[2].Retry(0); err != nil {
		t.Fatal(err)
	}

	d := deliver(t, q, target)
	settled(t, d, "erp")
	if got, want := s.sent(), []string{"1/0", "1/1", "1/2"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}
