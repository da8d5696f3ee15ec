// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/nats-io/nats.go"

	"github.com/superoffice-webhook/operator/receiver/config"
)

func TestWhatNobodyWaitsForAnyMore(t *testing.T) {
	t.Parallel()
	everywhere(t, testPuller)
}

func testPuller(t *testing.T, limits config.Queue) {
	t.Run("is for the next call", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		nothing(t, c)
		comesAtOnce(t, q, c)
	})
	t.Run("is for others after the release", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		nothing(t, c)
		c.Release()
		comesAtOnce(t, q, openCursor(t, q, "erp"))
	})
	t.Run("comes again after the release when it was on its way", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		nothing(t, c)
		put(t, q, created, "1")
		eventually(t, func() string {
			if len(c.puller.incoming) == 0 {
				return "it did not come"
			}
			return ""
		})
		c.Release()
		ack(t, openCursor(t, q, "erp"), "1")
	})
	t.Run("is forgotten after a second release, and the cursor goes on", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		c := openCursor(t, q, "erp")
		c.Release()
		put(t, q, created, "1")
		ack(t, c, "1")
		c.Release()
		c.Release()
		put(t, q, created, "2")
		ack(t, c, "2")
	})
}

// comesAtOnce stores a message. One that gets lost with the call that asked for it comes again as the second attempt.
func comesAtOnce(t *testing.T, q *Queue, c *Cursor) {
	t.Helper()
	put(t, q, created, "1")
	if d := next(t, c); d.Attempt != 1 {
		t.Errorf("it came as attempt %d", d.Attempt)
	}
}

// The engine's words are those of nats-server v2.15 (consumer.go).
func TestPullerUnderstandsTheEngine(t *testing.T) {
	t.Parallel()
	q := open(t, t.TempDir(), limits)
	conn := q.js.Conn()
	for _, c := range []struct {
		name    string
		answers []nats.Header
		err     error
		text    string
	}{
		{"a message", []nats.Header{nil}, nil, ""},
		{"none for a while", []nats.Header{status("408", "Request Timeout"), status("404", "No Messages"), status("100", "Idle Heartbeat"), nil}, nil, ""},
		{"nobody answers yet", []nats.Header{status("503", ""), status("503", ""), nil}, nil, ""},
		{"the cursor was removed", []nats.Header{status("409", "Consumer Deleted")}, errRefused, "409 Consumer Deleted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPuller(conn, "a-stream", strings.ReplaceAll(c.name, " ", "-"), 1)
			var asked atomic.Int32
			engine, err := conn.Subscribe(p.next, func(request *nats.Msg) {
				_ = conn.PublishMsg(&nats.Msg{Subject: request.Reply, Header: c.answers[asked.Add(1)-1]})
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = engine.Unsubscribe() })
			ctx, cancel := contextFor(t, patience)
			defer cancel()
			if _, err := p.pull(ctx); !errors.Is(err, c.err) || err != nil && !strings.Contains(err.Error(), c.text) {
				t.Errorf("the error is %v", err)
			}
			p.release()
			if got := int(asked.Load()); got != len(c.answers) {
				t.Errorf("asked %d times, want %d", got, len(c.answers))
			}
		})
	}
}

// While nothing is stored, the engine answers that there is no message. That it answers at all is enough.
func TestFailureEndsWithAnAnswer(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var said []string
	q := open(t, t.TempDir(), limits)
	c := openCursor(t, q, "erp")
	c.puller = newPuller(q.js.Conn(), "a-stream", "erp", 1)
	c.puller.fetching.log = funcr.New(func(_, args string) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, args)
	}, funcr.Options{})
	answers := make(chan nats.Header, 3)
	answers <- status("409", "Server Shutdown")
	answers <- status("409", "Server Shutdown")
	answers <- status("408", "Request Timeout")
	engine, err := q.js.Conn().Subscribe(c.puller.next, func(request *nats.Msg) {
		select {
		case header := <-answers:
			_ = q.js.Conn().PublishMsg(&nats.Msg{Subject: request.Reply, Header: header})
		default:
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Unsubscribe() })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if c.Failure() != nil {
		t.Error("it fails before it was asked")
	}
	for range 2 {
		if _, err := c.Next(ctx); !errors.Is(err, errRefused) || !errors.Is(c.Failure(), errRefused) {
			t.Errorf("the error is %v, and afterwards it says %v", err, c.Failure())
		}
	}
	var waiting sync.WaitGroup
	waiting.Go(func() { _, _ = c.Next(ctx) })
	eventually(t, func() string {
		if err := c.Failure(); err != nil {
			return "it still says " + err.Error()
		}
		return ""
	})
	cancel()
	waiting.Wait()
	c.Release()
	mu.Lock()
	defer mu.Unlock()
	if len(said) != 2 || !strings.Contains(said[0], "Server Shutdown") || !strings.Contains(said[1], "again") {
		t.Errorf("it said %q", said)
	}
}

func status(code, description string) nats.Header {
	return nats.Header{"Status": {code}, "Description": {description}}
}

// As many messages are asked for as are waited for, and none twice unless its request was lost.
func TestPullerAsksForAsManyAsWait(t *testing.T) {
	t.Parallel()
	q := open(t, t.TempDir(), limits)
	p := newPuller(q.js.Conn(), "a-stream", "nobody", 1)
	requests, err := q.js.Conn().SubscribeSync(p.next)
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		change func() error
		want   int
	}{
		{func() error { _, err := p.begin(); return err }, 1},
		{func() error { return nil }, 0},
		{func() error { _, err := p.begin(); return err }, 1},
		{func() error { p.answered(); return nil }, 1},
		{func() error { p.end(); p.answered(); return nil }, 0},
		{func() error { p.asked[0] = time.Now().Add(-time.Second); return nil }, 1},
	} {
		if err := errors.Join(step.change(), p.ask(), q.js.Conn().Flush()); err != nil {
			t.Fatal(err)
		}
		got := 0
		for ; ; got++ {
			if n, _, err := requests.Pending(); n == 0 || err != nil {
				break
			}
			if _, err := requests.NextMsg(patience); err != nil {
				t.Fatal(err)
			}
		}
		if got != step.want {
			t.Errorf("step %d: asked for %d, want %d", i, got, step.want)
		}
	}
	p.release()
}
