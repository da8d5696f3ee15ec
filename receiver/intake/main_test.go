// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
	patience = 30 * time.Second
	// limit is the largest body in tests: more than one read of a socket.
	limit = 64 << 10
)

var (
	current  = superoffice.NewSecret([]byte("the current secret"))
	previous = superoffice.NewSecret([]byte("the previous secret"))
	stranger = superoffice.NewSecret([]byte("somebody else's secret"))

	created = sample(superoffice.ActivityCreated)
	changed = sample(superoffice.ActivityChanged)

	limits = config.Queue{
		MaxBytes:        64 << 20,
		MaxAge:          config.Duration(time.Hour),
		DuplicateWindow: config.Duration(time.Minute),
	}
)

func sample(event string) []byte {
	body, err := fixtures.Body(event)
	if err != nil {
		panic(err) // the sample is part of the program
	}
	return body
}

// rules are those of a receiver during a rotation of its secret.
func rules(change ...func(*intake.Rules)) intake.Rules {
	r := intake.Rules{
		Path:         "/webhook",
		MaxBodyBytes: limit,
		Secrets:      []config.Slot{{Name: "current", Secret: current}, {Name: "previous", Secret: previous}},
		Events:       superoffice.ActivityEvents(),
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

// counts is an Observer that remembers.
type counts struct {
	mu       sync.Mutex
	answered map[intake.Reason]int
	verified map[string]int
	last     intake.Answer
}

func newCounts() *counts {
	return &counts{answered: map[intake.Reason]int{}, verified: map[string]int{}}
}

func (c *counts) Answered(a intake.Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered[a.Reason]++
	if a.Secret != "" {
		c.verified[a.Secret]++
	}
	c.last = a
}

// latest is the last answer.
func (c *counts) latest() intake.Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// await waits until so many answers were counted: a request whose sender has gone may be answered later.
func (c *counts) await(t *testing.T, answered map[intake.Reason]int) {
	t.Helper()
	end := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		c.mu.Lock()
		diff := cmp.Diff(answered, c.answered)
		c.mu.Unlock()
		if diff == "" {
			return
		}
		select {
		case <-end:
			t.Fatalf("answers (-want +counted)\n%s", diff)
		case <-tick.C:
		}
	}
}

// counted compares what was counted.
func (c *counts) counted(t *testing.T, answered map[intake.Reason]int, verified map[string]int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if diff := cmp.Diff(answered, c.answered, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("answers (-want +counted)\n%s", diff)
	}
	if diff := cmp.Diff(verified, c.verified, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("verified signatures (-want +counted)\n%s", diff)
	}
}

func openQueue(t testing.TB, cfg config.Queue) *queue.Queue {
	t.Helper()
	q, err := queue.Open(t.Context(), t.TempDir(), cfg, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

// serve starts a handler's server, with what is changed about it, and returns its address.
func serve(t testing.TB, h http.Handler, change ...func(*http.Server)) string {
	t.Helper()
	return serveAtMost(t, intake.MaxConnections, h, change...)
}

// serveAtMost is serve with a limit for connections.
func serveAtMost(t testing.TB, connections int, h http.Handler, change ...func(*http.Server)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := intake.NewServer(h, logr.Discard())
	var serving sync.WaitGroup
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil { // waits for the requests, which use the queue
			t.Error(err)
		}
		serving.Wait()
	})
	for _, f := range change {
		f(s)
	}
	serving.Go(func() { _ = s.Serve(intake.Limit(s, l, connections)) })
	return l.Addr().String()
}

// receiver is intake before a real queue, behind a real server.
type receiver struct {
	address string
	handler *intake.Handler
	queue   *queue.Queue
	cursor  *queue.Cursor
	counts  *counts
}

func open(t *testing.T, r intake.Rules, change ...func(*http.Server)) *receiver {
	t.Helper()
	q := openQueue(t, limits)
	cursor, err := q.Cursor(t.Context(), config.Sink{Name: "erp"}, r.Events)
	if err != nil {
		t.Fatal(err)
	}
	c := newCounts()
	h := intake.New(q, r, c, logr.Discard())
	return &receiver{address: serve(t, h, change...), handler: h, queue: q, cursor: cursor, counts: c}
}

// next waits for the next stored event.
func (r *receiver) next(t *testing.T) queue.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d, err := r.cursor.Next(ctx)
	if err != nil {
		t.Fatalf("nothing was stored: %v", err)
	}
	if err := d.Ack(); err != nil {
		t.Fatal(err)
	}
	return d.Message
}

// letter is a dead letter without what differs from run to run.
type letter struct{ reason, body string }

// holds compares all that is stored.
func (r *receiver) holds(t *testing.T, events [][]byte, dead []letter) {
	t.Helper()
	for i, want := range events {
		if diff := cmp.Diff(string(want), string(r.next(t).Body)); diff != "" {
			t.Errorf("event %d (-sent +stored)\n%s", i, diff)
		}
	}
	s, err := r.queue.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Events != int64(len(events)) {
		t.Errorf("%d events are stored, want %d", s.Events, len(events))
	}
	list, err := r.queue.DeadLetters(t.Context(), "", 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var got []letter
	for _, l := range list {
		got = append(got, letter{l.Reason, string(l.Body)})
		if l.Sink != "" {
			t.Errorf("dead letter %d is of sink %q", l.ID, l.Sink)
		}
	}
	if diff := cmp.Diff(dead, got, cmp.AllowUnexported(letter{})); diff != "" {
		t.Errorf("dead letters (-want +got)\n%s", diff)
	}
}
