// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// abandonedAfter is for how long nobody must have read from a cursor that is not configured here before it is removed. By
// then every receiver that should know it has the configuration that names it.
const abandonedAfter = 10 * time.Minute

// ourCursors are those of this process's configuration.
func (q *Queue) ourCursors() map[string]*Cursor {
	q.mu.Lock()
	defer q.mu.Unlock()
	return maps.Clone(q.cursors)
}

// sharedCursors are those of all receivers. What is not in our own configuration may be in another's, which is newer or
// older. It asks for the names first: a list of all that is known could lack a cursor whose server is away.
func (q *Queue) sharedCursors(ctx context.Context, ours map[string]*Cursor) ([]*Cursor, error) {
	var cursors []*Cursor
	list := q.stream().ConsumerNames(ctx)
	var problem error
	for name := range list.Name() { // to the end in any case, because somebody writes to it
		sink, is := strings.CutPrefix(name, cursorPrefix)
		if !is || problem != nil {
			continue
		}
		if c := ours[sink]; c != nil {
			cursors = append(cursors, c)
			continue
		}
		consumer, err := q.stream().Consumer(ctx, name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) { // just removed
			continue
		}
		problem = err
		cursors = append(cursors, &Cursor{queue: q, sink: sink, consumer: consumer, others: true})
	}
	if err := errors.Join(problem, list.Err()); err != nil {
		return nil, fmt.Errorf("list the cursors: %w", err)
	}
	return cursors, nil
}

// abandoned finds the cursors that are configured nowhere any more. A sink that is removed while several receivers share
// its cursor leaves it behind, since one that still has the former configuration goes on reading; and what nobody
// reads would keep everything from being trimmed.
type abandoned struct {
	seen map[string]sighting
}

// sighting is since when a cursor has looked the same.
type sighting struct {
	since time.Time
	looks string
}

func (a *abandoned) is(c *Cursor, info *jetstream.ConsumerInfo, now time.Time) bool {
	if !c.others {
		delete(a.seen, c.sink)
		return false
	}
	looks := fmt.Sprint(info.Created, info.Delivered.Consumer, info.AckFloor.Consumer, info.NumAckPending)
	if before, seen := a.seen[c.sink]; seen && before.looks == looks && info.NumWaiting == 0 {
		return now.Sub(before.since) >= abandonedAfter
	}
	if a.seen == nil {
		a.seen = map[string]sighting{}
	}
	a.seen[c.sink] = sighting{now, looks}
	return false
}

// abandon removes a cursor for good.
func (q *Queue) abandon(ctx context.Context, c *Cursor) error {
	err := q.stream().DeleteConsumer(ctx, cursorPrefix+c.sink)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("remove the cursor of sink %q: %w", c.sink, err)
	}
	q.log.Info("removed the cursor of a sink that no receiver reads any more", "sink", c.sink)
	return nil
}
