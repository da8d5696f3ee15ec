// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Stats are the figures of the whole queue.
type Stats struct {
	// Events that are stored, and the Bytes that they and the dead letters take, of MaxBytes for events.
	Events   int64
	Bytes    int64
	MaxBytes int64
	// DeadLetters by sink; those of intake under the empty name.
	DeadLetters map[string]int64
}

// Stats counts.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	events, err := q.stream().Info(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("ask for the state of the queue: %w", err)
	}
	dead, err := q.deadLetters().Info(ctx, jetstream.WithSubjectFilter(q.names.letter+">"))
	if err != nil {
		return Stats{}, fmt.Errorf("ask for the state of the dead letters: %w", err)
	}
	s := Stats{
		Events:      int64(events.State.Msgs),                     // #nosec G115 -- a count fits
		Bytes:       int64(events.State.Bytes + dead.State.Bytes), // #nosec G115 -- bytes on disk fit
		MaxBytes:    events.Config.MaxBytes,
		DeadLetters: map[string]int64{},
	}
	for subject, n := range dead.State.Subjects {
		s.DeadLetters[q.names.sinkOf(subject)] = int64(n) // #nosec G115 -- a count fits
	}
	return s, nil
}

// Backlog is what waits for one sink.
type Backlog struct {
	// Pending is the number of messages, those under way included.
	Pending int64
	// Oldest is when the oldest of them was received; zero when there is none.
	Oldest time.Time
}

// Backlog counts. It tells of none only if none was stored before it was called; that there is one more or less may show a
// moment later.
func (c *Cursor) Backlog(ctx context.Context) (Backlog, error) {
	info, err := c.consumer.Info(ctx)
	if err != nil {
		return Backlog{}, fmt.Errorf("ask for the position of sink %q: %w", c.sink, err)
	}
	first, err := c.firstNeeded(ctx, info)
	if err != nil || first == nil {
		return Backlog{}, err
	}
	m, _ := decode(first.Header, first.Data, first.Time)
	// The engine's counter lags behind the store for a moment, and says 0 when there is 1.
	pending := max(1, int64(info.NumPending)+int64(info.NumAckPending)) // #nosec G115 -- counts fit
	return Backlog{Pending: pending, Oldest: m.Received}, nil
}

// firstNeeded finds the first message that the sink has not acknowledged, in the store itself. Nil when there is none.
func (c *Cursor) firstNeeded(ctx context.Context, info *jetstream.ConsumerInfo) (*jetstream.RawStreamMsg, error) {
	done := info.AckFloor.Stream
	if info.NumAckPending == 0 { // then the floor may be lower than it could, by what the sink did not want
		done = info.Delivered.Stream
	}
	var first *jetstream.RawStreamMsg
	for _, subject := range info.Config.FilterSubjects {
		raw, err := c.queue.stream().GetMsg(ctx, done+1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the oldest event of sink %q: %w", c.sink, err)
		}
		if first == nil || raw.Sequence < first.Sequence {
			first = raw
		}
	}
	return first, nil
}
