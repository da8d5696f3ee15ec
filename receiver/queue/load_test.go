// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestClusterUnderLoad shows what "acknowledged" means in a cluster of three: events are stored as fast as it goes, each
// repeated until it is acknowledged as SuperOffice does, while servers die. In the end all that was acknowledged is there.
func TestClusterUnderLoad(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, all nodes, leader string){
		"the leader is killed": func(_ *testing.T, all nodes, leader string) {
			all[slices.IndexFunc(all, func(n *node) bool { return n.Name == leader })].kill()
		},
		"all servers are killed and started again": func(t *testing.T, all nodes, _ string) {
			all.kill()
			if err := all.start(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := newNodes(t)
			q := connect(t, all.access(), t.TempDir(), inCluster())
			l := &load{queue: q, acknowledged: map[string]bool{}, delivered: map[string]bool{}}
			witness, sink := openCursor(t, q, "witness"), openCursor(t, q, "sink")
			stop := l.start(t, sink)
			l.goesOn(t, 200)
			info, err := q.stream().Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			harm(t, all, info.Cluster.Leader)
			l.goesOn(t, 200)
			stop()

			kept := map[string]map[uint64]bool{}
			collect(t, witness, func(d *Delivery) bool {
				key := string(d.Body)
				if kept[key] == nil {
					kept[key] = map[uint64]bool{}
				}
				kept[key][d.Sequence()] = true
				return covers(kept, l.acknowledged)
			})
			if !covers(l.delivered, l.acknowledged) {
				collect(t, sink, func(d *Delivery) bool {
					l.delivered[string(d.Body)] = true
					return covers(l.delivered, l.acknowledged)
				})
			}
			twice := 0
			for _, places := range kept {
				twice += len(places) - 1
			}
			t.Logf("%d events acknowledged, %d stored twice, %d attempts to store failed", len(l.acknowledged), twice, l.failures.Load())
		})
	}
}

// collect takes from a cursor until there is enough.
func collect(t *testing.T, c *Cursor, enough func(*Delivery) bool) {
	t.Helper()
	ctx, cancel := contextFor(t, patience)
	defer cancel()
	for {
		d, err := c.Next(ctx)
		switch {
		case ctx.Err() != nil:
			t.Fatalf("not all that was acknowledged came for sink %q; the last error: %v", c.sink, err)
		case err != nil: // the cluster has no leader for it yet
			pause(ctx, 50*time.Millisecond)
			continue
		}
		_ = d.Ack() // if it fails, it is delivered again
		if enough(d) {
			return
		}
	}
}

func covers[A, B any](all map[string]A, part map[string]B) bool {
	for key := range part {
		if _, has := all[key]; !has {
			return false
		}
	}
	return true
}

// load stores events and delivers them to one sink.
type load struct {
	queue    *Queue
	failures atomic.Int64

	mu                      sync.Mutex
	acknowledged, delivered map[string]bool
}

func (l *load) start(t *testing.T, sink *Cursor) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				l.store(ctx, fmt.Sprintf("%d/%d", w, i))
			}
		})
	}
	all.Go(func() {
		for ctx.Err() == nil {
			d, err := sink.Next(ctx)
			if err != nil { // the cluster is away
				pause(ctx, 50*time.Millisecond)
				continue
			}
			l.mu.Lock()
			l.delivered[string(d.Body)] = true
			l.mu.Unlock()
			_ = d.Ack() // if it fails, it is delivered again
		}
	})
	return func() { cancel(); all.Wait() }
}

// store repeats an event until it is acknowledged.
func (l *load) store(ctx context.Context, key string) {
	for ctx.Err() == nil {
		within, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err := l.queue.Put(within, created, superoffice.DedupKey(key), Message{Body: []byte(key), Received: time.Now()})
		cancel()
		if err == nil {
			l.mu.Lock()
			l.acknowledged[key] = true
			l.mu.Unlock()
			return
		}
		l.failures.Add(1)
		pause(ctx, 50*time.Millisecond)
	}
}

// goesOn waits until so many more events are acknowledged.
func (l *load) goesOn(t *testing.T, more int) {
	t.Helper()
	count := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.acknowledged)
	}
	want := count() + more
	eventually(t, func() string {
		if n := count(); n < want {
			return fmt.Sprintf("%d events are acknowledged, want %d", n, want)
		}
		return ""
	})
}
