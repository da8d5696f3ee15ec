// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const trimInterval = time.Second

// mark remembers up to which message the stream had grown at a time.
type mark struct {
	at  time.Time
	seq uint64
}

// trim removes what every cursor has acknowledged. It could be left to JetStream (interest retention), but then a
// message that no cursor waits for would not be there to recognise its repetition after a restart, and removing is
// cheaper by whole ranges than message by message.
func (q *Queue) trim(ctx context.Context) {
	tick := time.NewTicker(trimInterval)
	defer tick.Stop()
	var marks []mark
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			var err error
			if marks, err = q.trimOnce(ctx, now, marks); err != nil && ctx.Err() == nil {
				q.log.Error(err, "the queue could not be trimmed; it is tried again")
			}
		}
	}
}

func (q *Queue) trimOnce(ctx context.Context, now time.Time, marks []mark) ([]mark, error) {
	// The state comes before the floors: what arrives in between is above the mark and not touched.
	info, err := q.stream().Info(ctx)
	if err != nil {
		return marks, fmt.Errorf("ask for the state of the queue: %w", err)
	}
	marks = append(marks, mark{now, info.State.LastSeq})
	done, err := q.acknowledgedByAll(ctx, info.State.LastSeq)
	if err != nil {
		return marks, err
	}
	// Repetitions are recognised until the window is over, unless the room is needed: duplicates are better than 503.
	if needed := info.State.Bytes > uint64(info.Config.MaxBytes)/2; !needed { // #nosec G115 -- never negative
		var old uint64
		old, marks = beforeWindow(marks, now.Add(-info.Config.Duplicates))
		done = min(done, old)
	}
	if done < info.State.FirstSeq {
		return marks, nil
	}
	if err := q.stream().Purge(ctx, jetstream.WithPurgeSequence(done+1)); err != nil {
		return marks, fmt.Errorf("remove delivered events: %w", err)
	}
	return marks, nil
}

// beforeWindow returns the last message that was there at a time, and the marks that are still of use.
func beforeWindow(marks []mark, at time.Time) (uint64, []mark) {
	last := -1
	for i, m := range marks {
		if m.at.After(at) {
			break
		}
		last = i
	}
	if last < 0 {
		return 0, marks
	}
	return marks[last].seq, marks[last:]
}

// acknowledgedByAll returns the highest message up to which no cursor needs any, and at most last. Without a cursor that
// is none: the sinks may not be configured yet.
func (q *Queue) acknowledgedByAll(ctx context.Context, last uint64) (uint64, error) {
	q.mu.Lock()
	cursors := make([]*Cursor, 0, len(q.cursors))
	for _, c := range q.cursors {
		cursors = append(cursors, c)
	}
	q.mu.Unlock()
	if len(cursors) == 0 {
		return 0, nil
	}
	floor := last
	for _, c := range cursors {
		info, err := c.consumer.Info(ctx)
		if err != nil {
			return 0, fmt.Errorf("ask for the position of sink %q: %w", c.sink, err)
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
