// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/config"
)

const (
	cursorPrefix = "sink-"
	// maxUnacknowledged is how many messages of one cursor may be under way or wait for another attempt. New ones
	// wait while a sink that is down has so many; each takes about 100 bytes of memory.
	maxUnacknowledged = 10_000
)

// ErrClosed: the cursor was closed, or the queue was.
var ErrClosed = errors.New("the cursor is closed")

// Cursor is the position of one sink in the queue. It outlives the process.
type Cursor struct {
	queue    *Queue
	sink     string
	consumer jetstream.Consumer
}

// Cursor opens the cursor of a sink, with the events that the sink wants now and the time its attempts may take. A new
// cursor starts with the next message; one that exists keeps its position.
func (q *Queue) Cursor(ctx context.Context, sink config.Sink, events []string) (*Cursor, error) {
	c := jetstream.ConsumerConfig{
		Durable:        cursorPrefix + sink.Name,
		DeliverPolicy:  jetstream.DeliverNewPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        2*attemptTimeout(sink) + ackGrace,
		MaxDeliver:     -1,
		MaxAckPending:  maxUnacknowledged,
		FilterSubjects: filter(sink, events),
	}
	consumer, err := q.stream().CreateOrUpdateConsumer(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open the cursor of sink %q: %w", sink.Name, err)
	}
	cursor := &Cursor{queue: q, sink: sink.Name, consumer: consumer}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cursors[sink.Name] = cursor
	return cursor, nil
}

func attemptTimeout(sink config.Sink) time.Duration {
	if sink.HTTP == nil {
		return config.DefaultTimeout.Std()
	}
	return sink.HTTP.Timeout.Std()
}

// filter is what a sink gets to see: the events that it wants, and what is replayed for it alone.
func filter(sink config.Sink, events []string) []string {
	if len(sink.Events) > 0 {
		events = sink.Events
	}
	subjects := make([]string, 0, len(events)+1)
	for _, e := range events {
		subjects = append(subjects, eventSubject+e)
	}
	return append(subjects, replaySubject+sink.Name)
}

// RemoveCursor forgets the position of a sink that is configured no more. What only it had not received is not delivered.
func (q *Queue) RemoveCursor(ctx context.Context, sink string) error {
	q.mu.Lock()
	delete(q.cursors, sink)
	q.mu.Unlock()
	err := q.stream().DeleteConsumer(ctx, cursorPrefix+sink)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("remove the cursor of sink %q: %w", sink, err)
	}
	return nil
}

// Sinks returns the names of all sinks that have a cursor, those of an earlier process included.
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
		q.cursors[sink] = &Cursor{queue: q, sink: sink, consumer: consumer}
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("list the cursors: %w", err)
	}
	return nil
}

// Deliveries is a running iteration over the messages that wait for a sink.
type Deliveries struct {
	cursor *Cursor
	iter   jetstream.MessagesContext
}

// Deliveries starts to fetch, at most ahead messages in advance.
func (c *Cursor) Deliveries(ahead int) (*Deliveries, error) {
	iter, err := c.consumer.Messages(jetstream.PullMaxMessages(max(1, ahead)))
	if err != nil {
		return nil, fmt.Errorf("fetch for sink %q: %w", c.sink, err)
	}
	return &Deliveries{cursor: c, iter: iter}, nil
}

// Next waits for the next message. After Stop it returns ErrClosed.
func (d *Deliveries) Next() (*Delivery, error) {
	msg, err := d.iter.Next()
	switch {
	case errors.Is(err, jetstream.ErrMsgIteratorClosed):
		return nil, ErrClosed
	case err != nil:
		return nil, fmt.Errorf("fetch for sink %q: %w", d.cursor.sink, err)
	}
	return newDelivery(d.cursor, msg)
}

// Drain fetches nothing more. Next returns what was fetched already, then ErrClosed.
func (d *Deliveries) Drain() { d.iter.Drain() }

// Stop ends the iteration at once. Messages that were fetched but not returned are delivered anew later.
func (d *Deliveries) Stop() { d.iter.Stop() }
