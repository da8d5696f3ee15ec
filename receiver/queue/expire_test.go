// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// TestExpiry runs it by hand, by clocks of the test's choice.
func TestExpiry(t *testing.T) {
	t.Parallel()
	short := limits
	short.MaxAge = config.Duration(time.Hour)
	q := open(t, t.TempDir(), short)
	erp := openCursor(t, q, "erp")
	put(t, q, created, "1")
	put(t, q, created, "2")
	ack(t, erp, "1")
	if err := q.Bury(t.Context(), "rubbish", "a", message("a")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		ahead        time.Duration // of its clock
		since        time.Duration // its start
		events, dead int64
	}{
		{"what is young stays", 0, mercy, 2, 1},
		{"nothing goes soon after a start, whatever the clock says", 2000 * time.Hour, mercy - time.Second, 2, 1},
		{"a dead letter goes when its time is over", time.Hour + time.Second, mercy, 2, 0},
		{"events have a last chance", time.Hour + lastChance - 5*time.Second, mercy, 2, 0},
		{"and go then, those that are waited for as well", time.Hour + lastChance + time.Minute, mercy, 0, 0},
	} {
		e := &expiry{queue: q, started: time.Now().Add(-c.since), now: func() time.Time { return time.Now().Add(c.ahead) }}
		if err := e.run(t.Context()); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		s := stats(t, q)
		if s.Events != c.events || s.DeadLetters[""] != c.dead {
			t.Errorf("%s: %d events and %d dead letters are kept, want %d and %d", c.name, s.Events, s.DeadLetters[""], c.events, c.dead)
		}
	}
	put(t, q, created, "3")
	ack(t, erp, "3")
}
