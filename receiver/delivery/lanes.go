// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	// gatherInterval is how often is asked again what the queue still has to hand out anew.
	gatherInterval = time.Second
	// maxHeld is how many bytes of bodies are held. No more are taken while so many wait for the ones before them.
	maxHeld = 64 << 20
)

// lanes keep the events of each record in the order in which they were stored: the next one of a lane is handed out when
// the one before it has ended. Events of different records do not wait for each other.
//
// An event that is to be tried again is held here and not given back to the queue, which would hand out the ones behind it
// meanwhile. After a restart the queue hands out once more, in any order, what was held; so nothing is handed on before
// all of that is here and sorted.
//
// What waits in the lanes is bounded (queue.MaxOrdered events, maxHeld bytes). A record that fails for so long that all of
// this waits behind it holds up the others as well.
type lanes struct {
	cursor *queue.Cursor
	ready  chan *job                  // the first of each lane, unless it waits for another attempt
	freed  chan struct{}              // told that less is held
	found  map[uint64]*queue.Delivery // gathered, and not in a lane yet; of fill, and of close after it

	mu    sync.Mutex
	lanes map[superoffice.RecordKey][]*job
	held  map[uint64]*job // by its position in the queue
	bytes int             // of the bodies in held
}

func newLanes(c *queue.Cursor) *lanes {
	return &lanes{
		cursor: c,
		ready:  make(chan *job, queue.MaxUnacknowledged), // no more are ever held, so that sending never blocks
		freed:  make(chan struct{}, 1),
		found:  map[uint64]*queue.Delivery{},
		lanes:  map[superoffice.RecordKey][]*job{},
		held:   map[uint64]*job{},
	}
}

// next implements source.
func (l *lanes) next(ctx context.Context) (*job, error) {
	select {
	case j := <-l.ready:
		return j, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ended implements source: the lane goes on.
func (l *lanes) ended(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, j.Sequence())
	l.bytes -= len(j.Body)
	select {
	case l.freed <- struct{}{}:
	default: // it was told already
	}
	rest := l.lanes[j.record][1:]
	if len(rest) == 0 {
		delete(l.lanes, j.record)
		return
	}
	l.lanes[j.record] = rest
	l.ready <- rest[0]
}

// postpone implements source: the lane waits. After a wait of nothing, another worker may have the job before its timer
// is noted, hence the lock.
func (l *lanes) postpone(j *job, wait time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	j.Attempt++
	j.again = time.AfterFunc(wait, func() { l.ready <- j })
	return nil
}

// fill takes what the queue has into the lanes, until ctx is done.
func (l *lanes) fill(ctx context.Context) error {
	if err := l.gather(ctx); err != nil {
		return err
	}
	for {
		if err := l.room(ctx); err != nil {
			return err
		}
		d, err := l.cursor.Next(ctx)
		if err != nil {
			return err
		}
		l.add(newJob(d))
	}
}

// room waits until more may be held.
func (l *lanes) room(ctx context.Context) error {
	for _, bytes := l.count(); bytes >= maxHeld; _, bytes = l.count() {
		select {
		case <-l.freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// gather waits for everything that the queue handed out before and has no answer for, and adds it in order. What was found
// before a failure is kept for the next time. Pauses are cut short, since nothing could be handed on before they are over.
func (l *lanes) gather(ctx context.Context) error {
	l.cursor.CutPauses()
	for {
		expected, err := l.cursor.Unacknowledged(ctx)
		if err != nil {
			return err
		}
		if held, _ := l.count(); expected <= len(l.found)+held {
			break
		}
		if err := l.gatherNext(ctx); err != nil {
			return err
		}
	}
	inOrder := slices.SortedFunc(maps.Values(l.found), func(a, b *queue.Delivery) int { return cmp.Compare(a.Sequence(), b.Sequence()) })
	for _, d := range inOrder {
		l.add(newJob(d))
	}
	clear(l.found)
	return nil
}

func (l *lanes) gatherNext(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, gatherInterval)
	defer cancel()
	d, err := l.cursor.Next(waiting)
	switch {
	case err == nil:
		if former := l.found[d.Sequence()]; former != nil {
			former.Drop()
		}
		l.found[d.Sequence()] = d
	case ctx.Err() != nil:
		return ctx.Err()
	case waiting.Err() == nil:
		return err
	}
	return nil
}

func (l *lanes) count() (events, bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.held), l.bytes
}

// add puts an event behind those of its record. What is held already comes again when a sign of life was lost.
func (l *lanes) add(j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[j.Sequence()] != nil {
		j.Drop()
		return
	}
	l.held[j.Sequence()] = j
	l.bytes += len(j.Body)
	l.lanes[j.record] = append(l.lanes[j.record], j)
	if len(l.lanes[j.record]) == 1 {
		l.ready <- j
	}
}

// close implements source. fill has returned.
func (l *lanes) close() {
	l.cursor.Release()
	for _, d := range l.found { // else they are under way for ever, and the next one to gather waits for them
		_ = d.Retry(0)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range l.held {
		if j.again != nil {
			j.again.Stop()
		}
		_ = j.Retry(0) // else it comes again when its signs of life are missed
	}
}
