// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/config"
)

const (
	cursorPrefix = "sink-"
	// ackWait is how long after the last sign of life of a delivery the engine hands its message out again. A delivery
	// under way gives such signs (see keep), so this need not exceed the time that a sink may take, and whatever was
	// under way when a process was killed comes again this soon.
	ackWait = 5 * time.Second
	// MaxUnacknowledged is how many messages of one cursor may be under way or wait for another attempt. New ones
	// wait while a sink that is down has so many; each takes about 100 bytes of memory.
	MaxUnacknowledged = 10_000
	// MaxOrdered is the same for a sink that wants order, for which those that wait are kept in memory as a whole.
	MaxOrdered = 1000
	// comesAnyway is how much is left of a pause at most that is not cut short. A message that is on its way already would be
	// handed out twice.
	comesAnyway = time.Second
	// maxWaiting is how many calls of Next may wait: twice the highest concurrency, for a sink that is started anew
	// while the calls of its former self are not forgotten yet, and some more.
	maxWaiting = 1024
	// maxWaitingShared is the same for all receivers that share a queue.
	maxWaitingShared = 16 * maxWaiting
)

// Cursor is the position of one sink in the queue. It outlives the process.
type Cursor struct {
	queue    *Queue
	sink     string
	consumer jetstream.Consumer
	puller   *puller                  // of one that was opened here
	config   jetstream.ConsumerConfig // as it was opened here
	floor    atomic.Uint64            // up to where all was acknowledged at the last look, where the queue is shared
	out      *outstanding
	others   bool // only other receivers are known to have it configured
}

// Cursor opens the cursor of a sink, with the events that the sink wants now. A new cursor starts with the next message;
// one that exists keeps its position, its attempts and its pauses.
func (q *Queue) Cursor(ctx context.Context, sink config.Sink, events []string) (*Cursor, error) {
	c := jetstream.ConsumerConfig{
		Durable:        cursorPrefix + sink.Name,
		DeliverPolicy:  jetstream.DeliverNewPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        ackWait,
		MaxDeliver:     -1, // delivery decides when to give up
		MaxAckPending:  MaxUnacknowledged,
		MaxWaiting:     maxWaiting,
		FilterSubjects: q.names.wanted(sink, events),
	}
	if sink.Delivery.Order == config.PerRecord {
		c.MaxAckPending = MaxOrdered
	}
	if q.Shared() {
		c.MaxWaiting = maxWaitingShared
	}
	err := q.begin(ctx, &c)
	if err != nil {
		return nil, fmt.Errorf("open the cursor of sink %q: %w", sink.Name, err)
	}
	consumer, err := q.stream().CreateOrUpdateConsumer(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open the cursor of sink %q: %w", sink.Name, err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	cursor := &Cursor{queue: q, sink: sink.Name, consumer: consumer, config: c, out: &outstanding{}}
	cursor.puller = newPuller(q.js.Conn(), q.names.events, c.Durable, sink.Delivery.Concurrency)
	cursor.puller.fetching.log = q.log.WithValues("sink", sink.Name)
	cursor.floor.Store(consumer.CachedInfo().AckFloor.Stream)
	if former := q.cursors[sink.Name]; former != nil {
		cursor.out = former.out
	}
	q.cursors[sink.Name] = cursor
	return cursor, nil
}

// Unacknowledged counts the messages that were handed out and neither acknowledged nor removed, those included that an
// earlier process was given: they are handed out anew, within a few seconds and in any order.
func (c *Cursor) Unacknowledged(ctx context.Context) (int, error) {
	info, err := c.consumer.Info(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return 0, ctx.Err()
	default:
		return 0, c.puller.fetching.failed(fmt.Errorf("ask for the position of sink %q: %w", c.sink, err))
	}
	return info.NumAckPending, nil
}

// CutPauses has the messages handed out at once that wait for another attempt, as far as this process postponed them: only
// then it is known which they are.
func (c *Cursor) CutPauses() {
	for _, p := range c.out.postponed() {
		if time.Until(p.until) > comesAnyway {
			_ = c.queue.js.Conn().Publish(p.reply, postpone(0)) // else it comes when the pause is over
		}
	}
}

// RemoveCursor forgets the position of a sink that is configured no more. What only it had not received is not delivered.
// Where the queue is shared, this is so once no other receiver reads from it either, see abandoned.
func (q *Queue) RemoveCursor(ctx context.Context, sink string) error {
	if q.Shared() {
		q.forget(sink)
		return nil
	}
	err := q.stream().DeleteConsumer(ctx, cursorPrefix+sink)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("remove the cursor of sink %q: %w", sink, err)
	}
	q.forget(sink)
	return nil
}

func (q *Queue) forget(sink string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.cursors, sink)
}

// Sinks returns the names of all sinks that have a cursor, those of an earlier process included. Where the queue is shared,
// these are the ones that were opened here.
func (q *Queue) Sinks() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	names := make([]string, 0, len(q.cursors))
	for name := range q.cursors {
		names = append(names, name)
	}
	return names
}

// adoptCursors takes up the cursors of an earlier process, so that nothing is trimmed that one of them still needs.
func (q *Queue) adoptCursors(ctx context.Context) error {
	list := q.events.ListConsumers(ctx)
	for info := range list.Info() {
		sink, ours := strings.CutPrefix(info.Name, cursorPrefix)
		if !ours {
			continue
		}
		consumer, err := q.events.Consumer(ctx, info.Name)
		if err != nil {
			return fmt.Errorf("open the cursor of sink %q: %w", sink, err)
		}
		q.cursors[sink] = &Cursor{queue: q, sink: sink, consumer: consumer, out: &outstanding{}}
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("list the cursors: %w", err)
	}
	return nil
}

// Next waits for the next message, until ctx is done. It can be called at the same time; each call gets a message of its
// own. A message that arrives in the moment in which ctx ends is for the next call.
//
// One message is asked for at a time, so that none waits behind a slow one.
func (c *Cursor) Next(ctx context.Context) (*Delivery, error) {
	msg, err := c.puller.pull(ctx)
	switch {
	case err == nil:
		return newDelivery(c, msg)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, c.puller.fetching.failed(fmt.Errorf("fetch for sink %q: %w", c.sink, err))
}

// Failure is why the engine hands out no messages, of which the log is told, too; nil from its next answer on, which comes within
// some seconds even if there is no message. It says nothing about the sink.
func (c *Cursor) Failure() error { return c.puller.fetching.get() }

// Release gives back what was asked for, so that it goes to others. No call of Next may be under way.
func (c *Cursor) Release() { c.puller.release() }
