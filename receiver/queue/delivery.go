// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Delivery is a message on its way to one sink. Exactly one of Ack, Retry and Bury ends it; if none is called, for
// example because the process dies, the message is delivered anew.
type Delivery struct {
	Message
	// Attempt counts the deliveries of this message to this sink, from 1, over restarts.
	Attempt int
	// Since is from when on its age counts: its receipt, or its replay.
	Since time.Time

	cursor   *Cursor
	msg      jetstream.Msg
	sequence uint64
}

func newDelivery(c *Cursor, msg jetstream.Msg) (*Delivery, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("read the position of a stored message: %w", err)
	}
	m, err := decode(msg.Headers(), msg.Data())
	if err != nil {
		m.Received = meta.Timestamp // the engine's own clock is as good
	}
	d := &Delivery{
		Message:  m,
		Attempt:  int(meta.NumDelivered), // #nosec G115 -- a count of attempts fits
		Since:    m.Received,
		cursor:   c,
		msg:      msg,
		sequence: meta.Sequence.Stream,
	}
	if replayed, err := time.Parse(time.RFC3339Nano, msg.Headers().Get(headerReplayed)); err == nil {
		d.Since = replayed
	}
	return d, nil
}

// Ack says that the sink has the message.
func (d *Delivery) Ack() error {
	if err := d.msg.Ack(); err != nil {
		return fmt.Errorf("acknowledge for sink %q: %w", d.cursor.sink, err)
	}
	return nil
}

// Retry asks for another attempt after a pause.
func (d *Delivery) Retry(after time.Duration) error {
	if err := d.msg.NakWithDelay(after); err != nil {
		return fmt.Errorf("postpone for sink %q: %w", d.cursor.sink, err)
	}
	return nil
}

// Bury moves the message to the dead letters of the sink. If that fails, the message stays and is delivered anew.
func (d *Delivery) Bury(ctx context.Context, reason, answer string) error {
	letter := DeadLetter{Sink: d.cursor.sink, Reason: reason, Answer: answer, Attempts: d.Attempt, Message: d.Message}
	// The id makes sure that dying between the two steps leaves one dead letter, not two.
	id := fmt.Sprintf("%s/%d/%d", d.cursor.sink, d.sequence, d.Received.UnixNano())
	if err := d.cursor.queue.bury(ctx, letter, id); err != nil {
		return err
	}
	return d.Ack()
}
