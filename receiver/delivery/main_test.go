// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/await"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
	patience = 30 * time.Second
	// quiet is how long a test listens for what must not come.
	quiet = 300 * time.Millisecond
)

var (
	quietLog = logr.Discard()

	events = []string{superoffice.ActivityCreated}
	limits = config.Queue{
		MaxBytes:        64 << 20,
		MaxAge:          config.Duration(time.Hour),
		DuplicateWindow: config.Duration(time.Minute),
	}
)

// answer decides about one attempt; the first is number 1.
type answer func(ctx context.Context, id string, attempt int) sink.Outcome

// fake is a sink that answers by a function and remembers what it was sent.
type fake struct {
	answer answer

	mu       sync.Mutex
	attempts map[string]int
	order    []string
	at       []time.Time
	opened   int
	closed   int
	busy     int
	busiest  int
}

func newFake(a answer) *fake { return &fake{answer: a, attempts: map[string]int{}} }

func (f *fake) Send(ctx context.Context, m sink.Message) sink.Outcome {
	f.mu.Lock()
	id := m.Event.ID
	f.attempts[id]++
	attempt := f.attempts[id]
	f.order, f.at = append(f.order, id), append(f.at, time.Now())
	f.busy++
	f.busiest = max(f.busiest, f.busy)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.busy--
	}()
	return f.answer(ctx, id, attempt)
}

func (f *fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
	return nil
}

func (f *fake) sent() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.order...)
}

// target makes the fake a target under a name.
func (f *fake) target(name string, change ...func(*config.Sink)) Target {
	c := config.Sink{Name: name, HTTP: &config.HTTP{Timeout: config.DefaultTimeout}, Delivery: config.Delivery{
		Concurrency:    4,
		InitialBackoff: config.Duration(time.Millisecond),
		MaxBackoff:     config.Duration(10 * time.Millisecond),
		MaxAge:         config.Duration(time.Hour),
		Circuit:        config.Circuit{After: config.Duration(time.Hour), ProbeInterval: config.Duration(time.Millisecond)},
	}}
	for _, f := range change {
		f(&c)
	}
	return Target{Config: c, Events: events, Open: func() (sink.Sink, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.opened++
		return f, nil
	}}
}

func takes(context.Context, string, int) sink.Outcome { return sink.Delivered{} }

func fails(context.Context, string, int) sink.Outcome {
	return sink.Retry{Cause: fmt.Errorf("connection refused")}
}

func refuses(context.Context, string, int) sink.Outcome {
	return sink.Dead{Reason: "the sink answered 400 Bad Request", Answer: "no"}
}

// blocks until the attempt is cut off.
func blocks(ctx context.Context, _ string, _ int) sink.Outcome {
	<-ctx.Done()
	return sink.Retry{Cause: ctx.Err()}
}

func openQueue(t *testing.T, dir string, cfg config.Queue) *queue.Queue {
	t.Helper()
	q, err := queue.Open(t.Context(), dir, cfg, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

// deliver starts delivery to targets, and stops it at the end of the test.
func deliver(t *testing.T, q *queue.Queue, targets ...Target) *Dispatchers {
	t.Helper()
	d := New(q, func(Attempt) {}, logr.Discard())
	apply(t, d, false, targets...)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // cut off what hangs
		d.Stop(ctx)
	})
	return d
}

func apply(t *testing.T, d *Dispatchers, suspended bool, targets ...Target) {
	t.Helper()
	if err := d.Apply(t.Context(), targets, suspended); err != nil {
		t.Fatal(err)
	}
}

// put stores an event that was received some time ago.
func put(t *testing.T, q *queue.Queue, id string, age time.Duration) {
	t.Helper()
	body := fmt.Appendf(nil, `{"Event":"activity.created","EventId":%q}`, id)
	m := queue.Message{Body: body, Header: http.Header{}, Received: time.Now().Add(-age)}
	if _, err := q.Put(t.Context(), superoffice.ActivityCreated, superoffice.DedupKey(id), m); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until a condition holds; it says why it does not.
var eventually = await.Within(patience)

func report(t *testing.T, d *Dispatchers, name string) Report {
	t.Helper()
	all, err := d.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("there is no report of sink %q", name)
	return Report{}
}

// settled waits until a sink has nothing to do any more.
func settled(t *testing.T, d *Dispatchers, name string) {
	t.Helper()
	eventually(t, func() string {
		if n := report(t, d, name).Pending; n > 0 {
			return fmt.Sprintf("%d events wait for sink %q", n, name)
		}
		return ""
	})
}

// letters are the dead letters of the sink "erp".
func letters(t *testing.T, q *queue.Queue) []queue.DeadLetter {
	t.Helper()
	list, err := q.DeadLetters(t.Context(), "erp", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
