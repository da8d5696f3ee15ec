// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestRecent(t *testing.T) {
	t.Parallel()
	now := time.Now()
	clock := now
	r := newRecent(time.Minute)
	r.now = func() time.Time { return clock }
	stored := func(key string) bool {
		id := fingerprintOf("EVENTS", key)
		stored, a, own := r.begin(id)
		if own {
			r.end(id, a, false)
		}
		return stored
	}
	store := func(key string) {
		t.Helper()
		id := fingerprintOf("EVENTS", key)
		_, a, own := r.begin(id)
		if !own {
			t.Fatalf("%s is stored already, or somebody is about to", key)
		}
		r.end(id, a, true)
	}
	for second := range 600 {
		clock = now.Add(time.Duration(second) * time.Second)
		store(fmt.Sprint(second))
		if second >= 60 && !stored(fmt.Sprint(second-60)) {
			t.Fatalf("after a minute, %d is not remembered any more", second-60)
		}
		if second >= 68 && stored(fmt.Sprint(second-68)) {
			t.Fatalf("well after a minute, %d is still remembered", second-68)
		}
	}
	if len(r.parts) > generations+2 || r.stored > 70 || len(r.under) > 0 {
		t.Errorf("it remembers %d keys in %d parts and %d attempts", r.stored, len(r.parts), len(r.under))
	}
	if _, _, own := r.begin(fingerprintOf("DEAD", "599")); !own {
		t.Error("the same key in the other stream is taken for a repetition")
	}
	clock = clock.Add(time.Hour)
	if stored("599") || r.stored != 0 {
		t.Errorf("it remembers %d keys for an hour", r.stored)
	}
}

func TestRecentIsBounded(t *testing.T) {
	t.Parallel()
	r := newRecent(time.Hour)
	at := time.Now()
	id := func(i int) fingerprint { return fingerprint{uint64(i)} }
	const more = maxRecent / 2
	for i := range maxRecent + more {
		r.recall(id(i), at)
	}
	if r.stored > maxRecent || r.stored < maxRecent-maxRecent/generations {
		t.Errorf("it remembers %d keys, want at most %d and hardly less", r.stored, maxRecent)
	}
	if stored, _, _ := r.begin(id(maxRecent + more - 1)); !stored {
		t.Error("it has forgotten the newest")
	}
	if stored, _, _ := r.begin(id(0)); stored {
		t.Error("it remembers the oldest")
	}
}

// Of many calls with the same key at the same time one stores the message, and none returns before it is stored.
func TestSameKeyAtTheSameTime(t *testing.T) {
	t.Parallel()
	q := open(t, t.TempDir(), limits)
	for round := range 20 {
		var firsts atomic.Int64
		var all sync.WaitGroup
		key := superoffice.DedupKey(fmt.Sprint(round))
		for range 20 {
			all.Go(func() {
				duplicate, err := q.Put(t.Context(), created, key, message("same"))
				if err != nil {
					t.Error(err)
				}
				if !duplicate {
					firsts.Add(1)
				}
				if n := stats(t, q).Events; n != int64(round+1) {
					t.Errorf("%d events are stored when Put returns, want %d", n, round+1)
				}
			})
		}
		all.Wait()
		if firsts.Load() != 1 {
			t.Errorf("%d calls say that they stored it first", firsts.Load())
		}
	}
}

// Whoever stores a message may give up before the engine has answered. Then its repetition waits for that answer.
func TestRepetitionOfWhatWasGivenUp(t *testing.T) {
	t.Parallel()
	const key = "given up"
	giveUp := func(t *testing.T, q *Queue) promise {
		t.Helper()
		p := newPromise()
		id := fingerprintOf(q.names.events, key)
		_, a, own := q.recent.begin(id)
		if !own {
			t.Fatal("somebody else stores it")
		}
		q.recent.giveUp(id, a, p)
		return p
	}
	t.Run("that was stored", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		giveUp(t, q) <- nil
		for range 2 {
			if duplicate, err := q.Put(t.Context(), created, key, message(key)); err != nil || !duplicate {
				t.Errorf("duplicate %t, error %v", duplicate, err)
			}
		}
		if n := stats(t, q).Events; n != 0 {
			t.Errorf("it is stored %d times more", n)
		}
	})
	t.Run("that was not stored", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		giveUp(t, q) <- errWireLost
		put(t, q, created, key)
		if n := stats(t, q).Events; n != 1 {
			t.Errorf("it is stored %d times", n)
		}
	})
	t.Run("of which nothing is known still", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		p := giveUp(t, q)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 2 {
			if _, err := q.Put(ctx, created, key, message(key)); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v", err)
			}
		}
		p <- nil
		if duplicate, err := q.Put(t.Context(), created, key, message(key)); err != nil || !duplicate {
			t.Errorf("duplicate %t, error %v", duplicate, err)
		}
	})
	t.Run("of which nothing is known for the whole window", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		giveUp(t, q)
		q.recent.now = func() time.Time { return time.Now().Add(2 * limits.DuplicateWindow.Std()) }
		put(t, q, created, key)
		if len(q.recent.under) != 0 || len(q.recent.givenUp) != 0 {
			t.Error("it is kept for good")
		}
	})
}

// What was stored before a restart is known after it, also where the engine was left to know it.
func TestKeysAreKnownAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q := open(t, dir, limits)
	const many = 2*recallBatch + 1
	for i := range many {
		put(t, q, created, fmt.Sprint(i))
	}
	if err := q.Bury(t.Context(), "no event", "dead", message("dead")); err != nil {
		t.Fatal(err)
	}
	former := message("former")
	if _, err := q.js.PublishMsg(t.Context(), former.encode(q.names.event+created).message(), jetstream.WithMsgID("former")); err != nil {
		t.Fatal(err)
	}
	q.Close()

	q = open(t, dir, limits)
	for _, key := range []string{"0", fmt.Sprint(many / 2), fmt.Sprint(many - 1), "former"} {
		if duplicate, err := q.Put(t.Context(), created, superoffice.DedupKey(key), message(key)); err != nil || !duplicate {
			t.Errorf("%s: duplicate %t, error %v", key, duplicate, err)
		}
	}
	if err := q.Bury(t.Context(), "no event", "dead", message("dead")); err != nil {
		t.Fatal(err)
	}
	if s := stats(t, q); s.Events != many+1 || s.DeadLetters[""] != 1 {
		t.Errorf("%d events and %d dead letters are stored", s.Events, s.DeadLetters[""])
	}
	if names := q.Sinks(); len(names) != 0 {
		t.Errorf("cursors are left of reading: %v", names)
	}
}
