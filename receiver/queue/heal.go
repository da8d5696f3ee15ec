// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Healed counts what somebody else had removed from the cluster and was made again here, since the process started.
type Healed struct{ Streams, Cursors int64 }

// Healed counts.
func (q *Queue) Healed() Healed { return Healed{q.healedStreams.Load(), q.healedCursors.Load()} }

// heal makes streams and cursors again that somebody has removed from the cluster. What was in a stream is lost with it, and
// SuperOffice's requests are refused until it is there again.
func (q *Queue) heal(ctx context.Context) error {
	if !q.Shared() {
		return nil
	}
	lost, err := q.healStreams(ctx)
	if err != nil {
		return err
	}
	for _, c := range q.ourCursors() {
		if err := q.healCursor(ctx, c, lost); err != nil {
			return err
		}
	}
	return nil
}

// healStreams tells whether the stream of events is another one than at the last look, and all cursors gone with the former:
// it was made again here, or by another receiver.
func (q *Queue) healStreams(ctx context.Context) (lost bool, err error) {
	info, events := q.stream().Info(ctx)
	_, dead := q.deadLetters().Info(ctx)
	for _, problem := range []error{events, dead} {
		if problem != nil && !errors.Is(problem, jetstream.ErrStreamNotFound) {
			return false, fmt.Errorf("ask for the state of the queue: %w", problem)
		}
	}
	if events == nil {
		lost = !q.made.IsZero() && !q.made.Equal(info.Created)
		q.made = info.Created
	}
	if events == nil && dead == nil {
		return lost, nil
	}
	q.mu.Lock()
	cfg := q.cfg
	q.mu.Unlock()
	if err := q.Configure(ctx, cfg); err != nil {
		return false, fmt.Errorf("make a stream again that somebody has removed: %w", err)
	}
	for name, problem := range map[string]error{q.names.events: events, q.names.dead: dead} {
		if problem != nil {
			q.healedStreams.Add(1)
			q.log.Error(problem, "somebody has removed a stream of the queue, with all that was in it; it is made again", "stream", name)
		}
	}
	return lost || events != nil, nil
}

// healCursor begins where the former one was at the last look. Some events may be delivered twice; none is left out.
func (q *Queue) healCursor(ctx context.Context, c *Cursor, streamLost bool) error {
	if streamLost {
		c.floor.Store(0) // of a stream that is no more
	}
	info, err := c.consumer.Info(ctx)
	if err == nil {
		c.floor.Store(info.AckFloor.Stream)
		return nil
	}
	if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("ask for the position of sink %q: %w", c.sink, err)
	}
	again := c.config
	again.DeliverPolicy, again.OptStartSeq = jetstream.DeliverByStartSequencePolicy, c.floor.Load()+1
	_, err = q.stream().CreateConsumer(ctx, again)
	if errors.Is(err, jetstream.ErrConsumerExists) || errors.Is(err, jetstream.ErrConsumerNameAlreadyInUse) { // another receiver was faster
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the cursor of sink %q again that somebody has removed: %w", c.sink, err)
	}
	q.healedCursors.Add(1)
	q.log.Info("somebody has removed the cursor of a sink; it is made again where it was", "sink", c.sink, "from", again.OptStartSeq)
	return nil
}

// begin is where a cursor that is there began, which cannot be changed.
func (q *Queue) begin(ctx context.Context, c *jetstream.ConsumerConfig) error {
	if !q.Shared() {
		return nil
	}
	consumer, err := q.stream().Consumer(ctx, c.Durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	is := consumer.CachedInfo().Config
	c.DeliverPolicy, c.OptStartSeq = is.DeliverPolicy, is.OptStartSeq
	return nil
}
