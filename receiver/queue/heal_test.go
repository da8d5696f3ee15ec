// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"testing"
	"time"
)

// What somebody removes from the cluster comes back by itself, and cursors go on where they were.
func TestWhatIsRemovedFromTheClusterIsMadeAgain(t *testing.T) {
	t.Parallel()
	q := open(t, t.TempDir(), inCluster())
	erp := openCursor(t, q, "erp")
	for _, key := range []string{"one", "two", "three"} {
		put(t, q, created, key)
	}
	ack(t, erp, "one")
	eventually(t, func() string {
		if erp.floor.Load() == 0 {
			return "the position of the cursor is not known"
		}
		return ""
	})
	if err := q.stream().DeleteConsumer(t.Context(), cursorPrefix+"erp"); err != nil {
		t.Fatal(err)
	}
	healed(t, q, Healed{Cursors: 1})
	got := map[string]bool{string(nextAgain(t, erp).Body): true, string(nextAgain(t, erp).Body): true}
	if !got["two"] || !got["three"] {
		t.Errorf("what was left is %v", got)
	}
	erp = openCursor(t, q, "erp") // as after a change of the configuration
	put(t, q, created, "four")
	settle(t, nextAgain(t, erp), "")

	for _, name := range []string{q.names.events, q.names.dead} {
		if err := q.js.DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	began, stored := time.Now(), make(chan error, 1)
	go func() {
		_, err := q.Put(t.Context(), created, "five", message("five"))
		stored <- err
	}()
	eventually(t, func() string {
		if got := q.Healed(); got.Streams < 2 || got.Cursors < 2 {
			return "what was removed is not there again"
		}
		if err := q.Healthy(t.Context()); err != nil {
			return err.Error()
		}
		return ""
	})
	inTime := time.Since(began) < electionTime
	if err := <-stored; err != nil {
		if inTime {
			t.Errorf("what came while there was no stream: %v", err)
		}
		put(t, q, created, "five")
	}
	if d := nextAgain(t, erp); string(d.Body) != "five" {
		t.Errorf("got %q", d.Body)
	}
	if err := q.Bury(t.Context(), "no event", "key", message("six")); err != nil {
		t.Error(err)
	}
}

// Whichever receiver makes a stream again, the others do not go on at positions of the former one.
func TestStreamIsMadeAgainByAnotherReceiver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q, other := open(t, dir, inCluster()), open(t, dir, inCluster())
	erp := openCursor(t, q, "erp")
	openCursor(t, other, "erp")
	for _, key := range []string{"one", "two", "three"} {
		put(t, q, created, key)
		settle(t, next(t, erp), "")
	}
	if err := q.js.DeleteStream(t.Context(), q.names.events); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if q.Healed().Streams+other.Healed().Streams == 0 || q.Healed().Cursors+other.Healed().Cursors == 0 {
			return "what was removed is not there again"
		}
		return ""
	})
	put(t, other, created, "four")
	settle(t, nextAgain(t, erp), "")
}

// healed waits until so much was made again.
func healed(t *testing.T, q *Queue, want Healed) {
	t.Helper()
	eventually(t, func() string {
		if q.Healed() != want {
			return "what was removed is not there again"
		}
		return ""
	})
}

// nextAgain is next for a cursor that may be gone when it is asked, as dispatchers ask.
func nextAgain(t *testing.T, c *Cursor) *Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var d *Delivery
	eventually(t, func() string {
		var err error
		if d, err = c.Next(ctx); err != nil {
			return err.Error()
		}
		return ""
	})
	return d
}
