// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// expireInterval is how often is looked for what is too old to be kept.
	expireInterval = 15 * time.Second
	// mercy is for how long after its start a queue removes nothing for its age. Its clock may have been set meanwhile, or the
	// machine been off: whatever waits is tried or buried first.
	mercy = 10 * time.Minute
)

// expiry removes what is older than the configuration keeps it, from a queue of this process alone. The engine could do it,
// but it goes by the wall clock: when that is set forward, by hand or by a time service that has found out, the engine takes all
// that is stored for too old, and removes it without a word, undelivered.
type expiry struct {
	queue   *Queue
	started time.Time        // with the monotonic clock
	now     func() time.Time // by which ages are reckoned
	last    time.Time
}

func newExpiry(q *Queue) *expiry {
	e := &expiry{queue: q, started: time.Now()}
	e.now = e.steady
	return e
}

// steady is the earlier one of what the wall clock says and what it would say if nobody had set it since the start. So a clock
// that jumps makes nothing older than it is.
func (e *expiry) steady() time.Time {
	unset := e.started.Add(time.Since(e.started)).Round(0)
	if wall := time.Now().Round(0); wall.Before(unset) {
		return wall
	}
	return unset
}

func (e *expiry) run(ctx context.Context) error {
	if time.Since(e.started) < mercy || time.Since(e.last) < expireInterval {
		return nil
	}
	e.last = time.Now()
	now, age := e.now(), e.queue.maxAge()
	// A sink's maximum age can be that of the queue, and then delivery must come first with moving the event to the dead letters.
	if err := e.remove(ctx, e.queue.stream(), now.Add(-age-lastChance), e.tell); err != nil {
		return fmt.Errorf("remove events that are too old: %w", err)
	}
	if err := e.remove(ctx, e.queue.deadLetters(), now.Add(-age), nil); err != nil {
		return fmt.Errorf("remove dead letters that are too old: %w", err)
	}
	return nil
}

// remove removes what a stream got before a time, and says up to which message before it does.
func (e *expiry) remove(ctx context.Context, stream jetstream.Stream, before time.Time, tell func(ctx context.Context, last uint64) error) error {
	info, err := stream.Info(ctx)
	if err != nil || info.State.Msgs == 0 || !info.State.FirstTime.Before(before) {
		return err
	}
	first, err := firstSince(ctx, stream, before)
	if err != nil || first <= info.State.FirstSeq {
		return err
	}
	if tell != nil {
		if err := tell(ctx, first-1); err != nil {
			return err
		}
	}
	return e.queue.removeUpTo(ctx, stream, info.State, first-1)
}

// tell says when events go that a sink has not got: nobody else would.
func (e *expiry) tell(ctx context.Context, last uint64) error {
	delivered, err := (&trimmer{queue: e.queue}).acknowledgedByAll(ctx, time.Now(), last)
	if err == nil && delivered < last {
		e.queue.log.Info("warning: events were kept for as long as the retention says and are removed, though not all sinks have got them",
			"most", last-delivered, "retention", e.queue.maxAge().String())
	}
	return err
}

// firstSince asks the engine for the first message since a time, by a consumer that would begin there.
func firstSince(ctx context.Context, stream jetstream.Stream, at time.Time) (uint64, error) {
	consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &at, AckPolicy: jetstream.AckNonePolicy,
		InactiveThreshold: time.Minute, MemoryStorage: true,
	})
	if err != nil {
		return 0, err
	}
	info := consumer.CachedInfo()
	return info.Delivered.Stream + 1, stream.DeleteConsumer(ctx, info.Name)
}

func (q *Queue) maxAge() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.cfg.MaxAge.Std()
}
