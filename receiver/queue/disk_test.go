// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// slowDisk has the test say when a sync ends, and how.
type slowDisk struct {
	began chan struct{}
	end   chan error
}

// openOnDisk opens a queue that syncs, on a disk that the test plays.
func openOnDisk(t *testing.T) (*Queue, slowDisk) {
	t.Helper()
	cfg := limits
	cfg.Sync = true
	q := open(t, t.TempDir(), cfg)
	s := slowDisk{make(chan struct{}), make(chan error)}
	q.disk.sync = func() error {
		s.began <- struct{}{}
		return <-s.end
	}
	return q, s
}

// putAll stores events at the same time, and returns where the answers come.
func putAll(ctx context.Context, q *Queue, keys ...string) <-chan error {
	answers := make(chan error, len(keys))
	for _, key := range keys {
		go func() {
			_, err := q.Put(ctx, created, superoffice.DedupKey(key), message(key))
			answers <- err
		}()
	}
	return answers
}

func TestSyncComesBeforeTheAcknowledgement(t *testing.T) {
	t.Parallel()
	q, disk := openOnDisk(t)
	answers := putAll(t.Context(), q, "one")
	<-disk.began
	if n := stats(t, q).Events; n != 1 {
		t.Errorf("%d events are written before the sync, want 1", n)
	}
	select {
	case err := <-answers:
		t.Fatalf("acknowledged (%v) before the disk had it", err)
	default:
	}
	disk.end <- nil
	if err := <-answers; err != nil {
		t.Fatal(err)
	}
}

// Whoever comes during a sync waits for the next, with all others that did.
func TestSyncIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDisk(t.TempDir())
		defer d.close()
		syncs, end := 0, make(chan struct{})
		d.sync = func() error {
			syncs++
			<-end
			return nil
		}
		var done atomic.Int32
		reach := func() {
			if err := d.reached(t.Context()); err != nil {
				t.Error(err)
			}
			done.Add(1)
		}
		go reach()
		synctest.Wait() // the first sync is under way
		for range 50 {
			go reach()
		}
		synctest.Wait()
		end <- struct{}{}
		synctest.Wait()
		if syncs != 2 || done.Load() != 1 {
			t.Errorf("%d let go by the first of %d syncs, want 1 of 2", done.Load(), syncs)
		}
		end <- struct{}{}
		synctest.Wait()
		if syncs != 2 || done.Load() != 51 {
			t.Errorf("%d of 51 let go by %d syncs, want 2", done.Load(), syncs)
		}
	})
}

// Who is about to come shares the round; but nobody waits long.
func TestSyncWaitsForThoseWhoAreExpected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDisk(t.TempDir())
		defer d.close()
		var syncs atomic.Int32
		end := make(chan struct{})
		d.sync = func() error { syncs.Add(1); <-end; return nil }
		arrive := func(n int) {
			for range n {
				go func() { _ = d.arrived(t.Context()) }()
			}
			synctest.Wait()
		}
		for range 10 {
			d.expect()
		}
		arrive(8)
		if syncs.Load() != 0 {
			t.Error("a sync began before all were there")
		}
		arrive(1)
		d.absent()
		synctest.Wait()
		if syncs.Load() != 1 {
			t.Fatal("all are there, and no sync has begun")
		}
		d.expect()
		d.expect()
		arrive(1)
		end <- struct{}{}
		synctest.Wait()
		if syncs.Load() != 1 {
			t.Error("after a sync the next does not wait")
		}
		<-time.After(gatherTime)
		synctest.Wait()
		if syncs.Load() != 2 {
			t.Error("a sync still waits for those who do not come")
		}
		end <- struct{}{}
	})
}

// The engine may replace files while it removes messages.
func TestRemovingAndSyncsAreApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDisk(t.TempDir())
		defer d.close()
		end := make(chan struct{})
		d.sync = func() error { <-end; return nil }
		go func() { _ = d.reached(t.Context()) }()
		synctest.Wait() // the sync is under way
		removed := false
		go func() { _ = d.apart(func() error { removed = true; return nil }) }()
		synctest.Wait()
		if removed {
			t.Error("something is removed during a sync")
		}
		end <- struct{}{}
		synctest.Wait()
		if !removed {
			t.Error("nothing is removed after the sync")
		}
	})
}

func TestRepetitionWaitsForTheDiskToo(t *testing.T) {
	t.Parallel()
	q, disk := openOnDisk(t)
	ctx, cancel := context.WithCancel(t.Context())
	given := putAll(ctx, q, "one")
	<-disk.began
	cancel()
	if err := <-given; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	again := putAll(t.Context(), q, "one")
	disk.end <- nil
	<-disk.began
	select {
	case err := <-again:
		t.Fatalf("acknowledged (%v) before the disk had it", err)
	default:
	}
	disk.end <- nil
	if err := <-again; err != nil {
		t.Fatal(err)
	}
}

func TestFailedSyncEndsTheQueue(t *testing.T) {
	t.Parallel()
	q, disk := openOnDisk(t)
	answers := putAll(t.Context(), q, "one")
	<-disk.began
	broken := errors.New("input/output error")
	disk.end <- broken
	if err := <-answers; !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	if q.Alive() == nil {
		t.Error("a disk that has dropped what it could not write is believed")
	}
	if _, err := q.Put(t.Context(), created, "two", message("two")); err == nil {
		t.Error("an event is acknowledged by a queue that has failed")
	}
	if err := q.disk.reached(t.Context()); !errors.Is(err, broken) {
		t.Errorf("another sync is believed: %v", err)
	}
}

func TestSyncCanBeSwitched(t *testing.T) {
	t.Parallel()
	q, disk := openOnDisk(t)
	cfg := limits
	if err := q.Configure(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	put(t, q, created, "without") // would hang on the disk that nobody plays
	cfg.Sync = true
	if err := q.Configure(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	answers := putAll(t.Context(), q, "with")
	<-disk.began
	disk.end <- nil
	if err := <-answers; err != nil {
		t.Fatal(err)
	}
}

func TestClosedDiskLetsGo(t *testing.T) {
	t.Parallel()
	d := openDisk(t.TempDir())
	if err := d.reached(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { // either is fine, hanging is not
			if err := d.reached(t.Context()); err != nil && !errors.Is(err, errClosed) {
				t.Error(err)
			}
		})
	}
	d.close()
	all.Wait()
}
