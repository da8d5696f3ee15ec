// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// headerKey stands beside each message that was stored by this process's own memory of keys.
	headerKey = "Key"
	// recallBatch is how many messages are asked for at a time.
	recallBatch = 1000
	// recallPatience is how long the engine may take for a batch.
	recallPatience = 10 * time.Second
)

// storeOnce stores a message unless its key was stored lately. Calls with the same key wait for each other.
func (q *Queue) storeOnce(ctx context.Context, r *record, key string) (duplicate bool, err error) {
	id := fingerprintOf(q.names.streamOf(r.subject), key)
	r.set(headerKey, key)
	for {
		stored, a, own := q.recent.begin(id)
		switch {
		case stored:
			return true, nil
		case own:
			return q.attempt(ctx, r, id, a)
		}
		select {
		case <-a.done:
		case <-q.engine.server.failed.told:
			return false, errStopped
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// attempt stores a message, if the attempt before, whose end nobody waited for, has not.
func (q *Queue) attempt(ctx context.Context, r *record, id fingerprint, a *attempt) (duplicate bool, err error) {
	pending := a.pending
	if pending != nil {
		answered, err := answer(ctx, pending)
		switch {
		case !answered:
			q.recent.giveUp(id, a, pending)
			return false, err
		case err == nil:
			q.recent.end(id, a, true)
			return true, nil
		}
	}
	pending, err = q.engine.server.wire.publish(r)
	if err != nil {
		q.recent.end(id, a, false)
		return false, err
	}
	answered, err := answer(ctx, pending)
	if !answered {
		q.recent.giveUp(id, a, pending)
		return false, err
	}
	q.recent.end(id, a, err == nil)
	return false, err
}

// answer waits for what the engine says about a message.
func answer(ctx context.Context, pending promise) (answered bool, err error) {
	select {
	case err := <-pending:
		return true, err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// recall remembers what was stored within the window by an earlier process, also by one that left that to the engine.
func (q *Queue) recall(ctx context.Context) error {
	since := time.Now().Add(-q.cfg.DuplicateWindow.Std())
	for _, stream := range []jetstream.Stream{q.events, q.dead} {
		if err := q.recallFrom(ctx, stream, since); err != nil {
			return fmt.Errorf("read which events were stored lately: %w", err)
		}
	}
	return nil
}

func (q *Queue) recallFrom(ctx context.Context, stream jetstream.Stream, since time.Time) error {
	if state := stream.CachedInfo().State; state.Msgs == 0 || state.LastTime.Before(since) {
		return nil
	}
	reading := jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &since,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: time.Minute,
	}
	consumer, err := stream.CreateConsumer(ctx, reading)
	if err == nil && consumer.CachedInfo().NumPending > maxRecent { // of which the first would be forgotten again
		if err := stream.DeleteConsumer(ctx, consumer.CachedInfo().Name); err != nil {
			return err
		}
		reading.DeliverPolicy, reading.OptStartTime = jetstream.DeliverByStartSequencePolicy, nil
		reading.OptStartSeq = stream.CachedInfo().State.LastSeq - maxRecent + 1
		consumer, err = stream.CreateConsumer(ctx, reading)
	}
	if err != nil {
		return err
	}
	name := stream.CachedInfo().Config.Name
	for left := consumer.CachedInfo().NumPending; left > 0; {
		batch, err := consumer.Fetch(int(min(left, recallBatch)), jetstream.FetchMaxWait(recallPatience)) // #nosec G115 -- the smaller one fits
		if err != nil {
			return err
		}
		got := uint64(0)
		for msg := range batch.Messages() {
			got++
			q.recallMessage(name, msg)
		}
		if err := batch.Error(); err != nil {
			return err
		}
		if got == 0 { // they were removed meanwhile
			break
		}
		left -= min(left, got)
	}
	if err := stream.DeleteConsumer(ctx, consumer.CachedInfo().Name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return err
	}
	return nil
}

func (q *Queue) recallMessage(stream string, msg jetstream.Msg) {
	header, _ := unfold(msg.Headers(), msg.Data())
	key := header.Get(headerKey)
	if key == "" {
		key = header.Get(nats.MsgIdHdr)
	}
	if meta, err := msg.Metadata(); err == nil && key != "" {
		q.recent.recall(fingerprintOf(stream, key), meta.Timestamp)
	}
}

// streamOf tells which stream keeps a subject.
func (n names) streamOf(subject string) string {
	if strings.HasPrefix(subject, n.letter) {
		return n.dead
	}
	return n.events
}
