// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// trimInterval is how often is looked whether room is needed.
	trimInterval = time.Second
	// tidyInterval is how often delivered messages are removed although there is room. Removing makes the engine forget
	// which attempts are due, until ackWait later (nats-server v2.15, consumer.purge), so it is not done all the time.
	tidyInterval = 15 * time.Second
	// healInterval is how often is looked whether streams and cursors are still there, where others could remove them.
	healInterval = 2 * time.Second
)

// mark remembers up to which message the stream had grown at a time.
type mark struct {
	at  time.Time
	seq uint64
}

// trimmer removes what every cursor has acknowledged. It could be left to JetStream (interest retention), but then a
// message that no cursor waits for would not be there to recognise its repetition after a restart, and removing is
// cheaper by whole ranges than message by message.
type trimmer struct {
	queue *Queue
	marks []mark
	tidy  time.Time // when all was removed that could be
	whole time.Time // when all was found to be there

	abandoned abandoned
	expiry    *expiry    // nil where the servers of a cluster see to it
	clock     clockwatch // likewise: it is their clock that counts
}

func (t *trimmer) run(ctx context.Context) {
	tick := time.NewTicker(trimInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			err := t.heal(ctx, now)
			if err == nil {
				err = t.trim(ctx, now)
			}
			if err == nil && t.expiry != nil {
				t.queue.watchClock(&t.clock, time.Now())
				err = t.expiry.run(ctx)
			}
			if err != nil && ctx.Err() == nil {
				t.queue.log.Error(err, "the queue could not be looked after; it is tried again")
			}
		}
	}
}

// heal makes again what somebody else has removed.
func (t *trimmer) heal(ctx context.Context, now time.Time) error {
	if now.Sub(t.whole) < healInterval {
		return nil
	}
	t.whole = now
	return t.queue.heal(ctx)
}

func (t *trimmer) trim(ctx context.Context, now time.Time) error {
	// The state comes before the cursors: what arrives in between is above the mark and not touched.
	info, err := t.queue.stream().Info(ctx)
	if err != nil {
		return fmt.Errorf("ask for the state of the queue: %w", err)
	}
	t.remember(now, info)
	old := t.olderThan(now.Add(-info.Config.Duplicates))
	// Repetitions are recognised until the window is over, also after a restart, unless the room is needed: a duplicate
	// is better than 503.
	if left, limited := room(info); limited && left < info.Config.MaxBytes/2 {
		old = info.State.LastSeq
	} else if now.Sub(t.tidy) < tidyInterval {
		return nil
	}
	if old < info.State.FirstSeq {
		return nil
	}
	done, err := t.acknowledgedByAll(ctx, now, old)
	if err != nil {
		return err
	}
	t.tidy = now
	if err := t.queue.removeUpTo(ctx, t.queue.stream(), info.State, done); err != nil {
		return fmt.Errorf("remove delivered events: %w", err)
	}
	return nil
}

// remember marks how far the stream has grown, about a hundred times per window.
func (t *trimmer) remember(now time.Time, info *jetstream.StreamInfo) {
	if n := len(t.marks); n > 0 && now.Sub(t.marks[n-1].at) < info.Config.Duplicates/100 {
		return
	}
	t.marks = append(t.marks, mark{now, info.State.LastSeq})
}

// olderThan returns the last message that was there at a time, as far as is known, and forgets marks of no more use.
func (t *trimmer) olderThan(at time.Time) uint64 {
	last := -1
	for i, m := range t.marks {
		if m.at.After(at) {
			break
		}
		last = i
	}
	if last < 0 {
		return 0
	}
	t.marks = t.marks[last:]
	return t.marks[0].seq
}

// acknowledgedByAll returns the highest message up to which no cursor needs any, and at most last. Without a cursor that
// is none: the sinks may not be configured yet.
func (t *trimmer) acknowledgedByAll(ctx context.Context, now time.Time, last uint64) (uint64, error) {
	cursors, err := t.cursors(ctx)
	if err != nil || len(cursors) == 0 {
		return 0, err
	}
	floor := last
	for _, c := range cursors {
		info, err := c.consumer.Info(ctx)
		if err != nil {
			return 0, fmt.Errorf("ask for the position of sink %q: %w", c.sink, err)
		}
		if t.abandoned.is(c, info, now) {
			if err := t.queue.abandon(ctx, c); err != nil {
				return 0, err
			}
			continue
		}
		first, err := c.firstNeeded(ctx, info)
		if err != nil {
			return 0, err
		}
		if first != nil {
			floor = min(floor, first.Sequence-1)
		}
	}
	return floor, nil
}

// cursors returns all that a message may be kept for: those of this process, and in a cluster those that only others know.
func (t *trimmer) cursors(ctx context.Context) ([]*Cursor, error) {
	ours := t.queue.ourCursors()
	if t.queue.engine.cluster == nil {
		return slices.Collect(maps.Values(ours)), nil
	}
	return t.queue.sharedCursors(ctx, ours)
}
