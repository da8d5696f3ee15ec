// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestClockJump starts a receiver on events that were received by another clock, which is how a jump looks to it in between.
// Its own clock is the machine's, which a test must not set.
func TestClockJump(t *testing.T) {
	t.Parallel()
	f := answering(http.StatusServiceUnavailable, asUsual)(t)
	v, dir := mount(t, settings(f.sink)), t.TempDir()
	past, future := fresh(t, superoffice.ActivityCreated), fresh(t, superoffice.ActivityCreated)
	ahead := time.Now().Add(24 * time.Hour)
	stored(t, dir, map[string]time.Time{
		string(past):   time.Now().Add(-100 * time.Hour), // longer ago than events are tried
		string(future): ahead,
	})
	r := start(t, v, dir)
	eventually(t, func() string {
		s := r.sink(t, "erp")
		return lacking(s.Pending == 1 && s.DeadLettered == 1 && s.OldestPending.Equal(ahead), fmt.Sprintf("%+v", s))
	})
	var letters []deadletter.Letter
	r.reads(t, "/dead-letters", &letters)
	const reason = "too old: not delivered within 72h0m0s, in 1 attempts; the last: the sink answered 503 Service Unavailable"
	if got := letters[0].Reason; got != reason {
		t.Errorf("the reason is %q, want %q", got, reason)
	}
	if got := r.letters(t); got[0] != string(past) {
		t.Errorf("the dead letter is %q", got[0])
	}

	f.mend()
	f.taken.gets(t, future)
	r.replays(t) // by the clock of now
	f.taken.gets(t, past)
}

// stored lays events down in a directory, for a sink to come, by the time of their receipt.
func stored(t *testing.T, dir string, events map[string]time.Time) {
	t.Helper()
	q, err := queue.Open(t.Context(), dir, config.Queue{
		MaxBytes: config.DefaultQueueBytes, MaxAge: config.DefaultQueueAge, DuplicateWindow: config.DefaultDuplicateWindow,
	}, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if _, err := q.Cursor(t.Context(), config.Sink{Name: "erp"}, superoffice.ActivityEvents()); err != nil {
		t.Fatal(err)
	}
	for body, received := range events {
		event, err := superoffice.Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		message := queue.Message{Body: []byte(body), Header: header(secret, []byte(body)), Received: received}
		if _, err := q.Put(t.Context(), event.Name, event.DedupKey(), message); err != nil {
			t.Fatal(err)
		}
	}
}
