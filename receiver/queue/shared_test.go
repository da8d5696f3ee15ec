// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
)

func TestReceiversShareOneQueue(t *testing.T) {
	t.Parallel()
	name := t.TempDir()
	one, two := open(t, name, inCluster()), open(t, name, inCluster())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	delivered := map[string]int{}
	by := map[*Queue]int{}
	var all sync.WaitGroup
	for _, q := range []*Queue{one, two} {
		c := openCursor(t, q, "erp")
		for range 4 {
			all.Go(func() {
				for {
					d, err := c.Next(ctx)
					if err != nil {
						return
					}
					if err := d.Ack(); err != nil {
						t.Error(err)
					}
					mu.Lock()
					delivered[string(d.Body)]++
					by[q]++
					mu.Unlock()
				}
			})
		}
	}
	const messages = 200
	for i := range messages {
		put(t, one, created, fmt.Sprint(i))
		if duplicate, err := two.Put(t.Context(), created, superofficeKeyOf(i), message("again")); err != nil || !duplicate {
			t.Fatalf("the other receiver takes a repetition: duplicate %t, error %v", duplicate, err)
		}
	}
	eventually(t, func() string {
		mu.Lock()
		defer mu.Unlock()
		if len(delivered) < messages {
			return fmt.Sprintf("%d of %d are delivered", len(delivered), messages)
		}
		return ""
	})
	stop()
	all.Wait()
	for body, n := range delivered {
		if n != 1 {
			t.Errorf("%s was delivered %d times", body, n)
		}
	}
	if by[one] == 0 || by[two] == 0 {
		t.Errorf("one delivered %d, the other %d", by[one], by[two])
	}
	if got := stats(t, two).Events; got != messages {
		t.Errorf("%d events, want the figures of the whole queue", got)
	}
}

// Nothing is trimmed that the cursor of a sink needs which another receiver alone knows of.
func TestTrimmerMindsTheCursorsOfOthers(t *testing.T) {
	t.Parallel()
	name := t.TempDir()
	older, newer := open(t, name, inCluster()), open(t, name, inCluster())
	erp := openCursor(t, older, "erp")
	openCursor(t, newer, "erp")
	added := openCursor(t, newer, "added")
	put(t, older, created, "1")
	ack(t, erp, "1")
	window := limits.DuplicateWindow.Std()
	trimmer := &trimmer{queue: older}
	now := time.Now()
	for i := range 4 {
		if err := trimmer.trim(t.Context(), now.Add(time.Duration(i)*window)); err != nil {
			t.Fatal(err)
		}
	}
	if got := stats(t, older).Events; got != 1 {
		t.Fatalf("%d events are kept, want the one that the added sink has not got", got)
	}
	ack(t, added, "1")
	if err := trimmer.trim(t.Context(), now.Add(5*window)); err != nil {
		t.Fatal(err)
	}
	if got := stats(t, older).Events; got != 0 {
		t.Errorf("%d events are kept that all sinks have", got)
	}
}

// The cursor of a sink that is removed from the configuration of one receiver stays as long as another reads from it.
func TestAbandonedCursor(t *testing.T) {
	t.Parallel()
	name := t.TempDir()
	newer, older := open(t, name, inCluster()), open(t, name, inCluster())
	kept := openCursor(t, newer, "kept")
	openCursor(t, newer, "gone")
	gone := openCursor(t, older, "gone")
	if err := newer.RemoveCursor(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	trimmer := &trimmer{queue: newer}
	now := time.Now()
	n := 0
	age := func(by time.Duration, want int64) {
		t.Helper()
		n++
		put(t, newer, created, fmt.Sprint(n))
		ack(t, kept, fmt.Sprint(n))
		now = now.Add(by)
		if err := trimmer.trim(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		if got := stats(t, newer).Events; got != want {
			t.Fatalf("%d events are kept, want %d", got, want)
		}
	}
	age(abandonedAfter, 1) // seen for the first time only when something could be trimmed
	age(abandonedAfter, 2)
	first := next(t, gone) // it is read
	if err := first.Ack(); err != nil {
		t.Fatal(err)
	}
	age(abandonedAfter, 2)
	age(abandonedAfter-time.Second, 3)
	age(tidyInterval, 2) // nobody needs what waits for it any more, but the window is not over
	later := openCursor(t, older, "gone")
	put(t, newer, created, "anew")
	ack(t, later, "anew")
	nothing(t, later)
}

func TestClusterIsUsedAsConfigured(t *testing.T) {
	t.Parallel()
	name := t.TempDir()
	q := open(t, name, inCluster())
	openCursor(t, q, "erp")
	p := prefix(name)
	for stream, subjects := range map[string]string{
		p + "-events": fmt.Sprintf("[%s.event.> %s.replay.>]", p, p), p + "-dead": fmt.Sprintf("[%s.dead.>]", p),
	} {
		s, err := q.js.Stream(t.Context(), stream)
		if err != nil {
			t.Fatalf("stream %s: %v", stream, err)
		}
		c := s.CachedInfo().Config
		if fmt.Sprint(c.Subjects) != subjects || c.Replicas != 3 || c.MaxBytes != limits.MaxBytes {
			t.Errorf("stream %s: %+v", stream, c)
		}
	}
	t.Run("and limits only grow", func(t *testing.T) {
		wide, low := inCluster(), inCluster()
		wide.MaxBytes, wide.MaxAge = 2*limits.MaxBytes, 2*limits.MaxAge
		low.MaxBytes, low.MaxAge, low.DuplicateWindow = limits.MaxBytes/2, limits.MaxAge/2, config.Duration(time.Second)
		for _, c := range []config.Queue{wide, low} {
			if err := q.Configure(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			is := q.events.CachedInfo().Config
			if is.MaxBytes != wide.MaxBytes || is.MaxAge != wide.MaxAge.Std()+lastChance || is.Duplicates != limits.DuplicateWindow.Std() {
				t.Errorf("%+v", is)
			}
		}
	})
}
