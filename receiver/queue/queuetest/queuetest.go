// SPDX-License-Identifier: Apache-2.0

// Package queuetest is what the tests of those who show and move dead letters share: a queue that gets some. Only tests import it.
package queuetest

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// patience is the longest that is waited for what is sure to come. Nothing takes nearly as long on its own.
const patience = 30 * time.Second

// Queue is a real one, with the cursors of two sinks, erp and bi.
type Queue struct {
	*queue.Queue
	cursors map[string]*queue.Cursor
}

// Open opens an empty one for the time of the test.
func Open(t *testing.T) *Queue {
	t.Helper()
	opened, err := queue.Open(t.Context(), t.TempDir(), config.Queue{
		MaxBytes: 64 << 20, MaxAge: config.Duration(time.Hour), DuplicateWindow: config.Duration(time.Minute),
	}, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	q := &Queue{opened, map[string]*queue.Cursor{}}
	for _, sink := range []string{"erp", "bi"} {
		if q.cursors[sink], err = q.Cursor(t.Context(), config.Sink{Name: sink}, superoffice.ActivityEvents()); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

// Next waits for the next event of a sink.
func (q *Queue) Next(t *testing.T, sink string) *queue.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d, err := q.cursors[sink].Next(ctx)
	if err != nil {
		t.Fatalf("nothing came for sink %q: %v", sink, err)
	}
	return d
}

// Kill puts an event that one sink refuses with an answer, and the other takes.
func (q *Queue) Kill(t *testing.T, sink, event string, m queue.Message, answer string) {
	t.Helper()
	if _, err := q.Put(t.Context(), event, superoffice.DedupKey(event+"/"+string(m.Body)), m); err != nil {
		t.Fatal(err)
	}
	for name := range q.cursors {
		d := q.Next(t, name)
		if !bytes.Equal(d.Body, m.Body) {
			t.Fatalf("sink %q got %q, want %q", name, d.Body, m.Body)
		}
		end := d.Ack
		if name == sink {
			end = func() error { return d.Bury(t.Context(), "the sink answered 400 Bad Request", answer) }
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
}

// Keep buries a request that holds no event.
func (q *Queue) Keep(t *testing.T, body string) {
	t.Helper()
	if err := q.Bury(t.Context(), "not JSON", body, queue.Message{Body: []byte(body), Received: time.Now()}); err != nil {
		t.Fatal(err)
	}
}
