// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// settleTimeout is how long the engine may take to note what became of a delivery.
	settleTimeout = 5 * time.Second
	// soon is the shortest pause. None at all would be forgotten by a restart: only pauses are stored.
	soon = time.Nanosecond
)

// What the engine is told of a delivery
// (https://docs.nats.io/reference/reference-protocols/nats_api_reference#acknowledging-messages).
var (
	taken    = []byte("+ACK")
	underWay = []byte("+WPI")
)

// postpone asks for another attempt after a pause.
func postpone(after time.Duration) []byte {
	return fmt.Appendf(nil, `-NAK {"delay": %d}`, max(after, soon).Nanoseconds())
}

// Delivery is a message on its way to one sink. Exactly one of Ack, Retry, Bury and Drop must end it. If the process dies
// before, the message is delivered anew.
type Delivery struct {
	Message
	// Attempt counts the deliveries of this message to this sink, from 1, over restarts.
	Attempt int
	// Since is from when on its age counts: its receipt, or its replay.
	Since time.Time

	cursor   *Cursor
	msg      *nats.Msg
	sequence uint64

	mu      sync.Mutex
	alive   *time.Timer
	settled bool
}

func newDelivery(c *Cursor, msg *nats.Msg) (*Delivery, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("read the position of a stored message: %w", err)
	}
	m, header := decode(msg.Header, msg.Data, meta.Timestamp)
	d := &Delivery{
		Message:  m,
		Attempt:  int(meta.NumDelivered), // #nosec G115 -- a count of attempts fits
		Since:    m.Received,
		cursor:   c,
		msg:      msg,
		sequence: meta.Sequence.Stream,
	}
	if replayed := replayedAt(header); !replayed.IsZero() {
		d.Since = replayed
	}
	c.out.add(d.sequence)
	d.keep()
	return d, nil
}

// keep tells the engine now and then that the delivery is under way, until it is settled.
func (d *Delivery) keep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.alive = time.AfterFunc(ackWait/4, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.settled {
			return
		}
		_ = d.cursor.queue.js.Conn().Publish(d.msg.Reply, underWay) // if it fails, the message is delivered twice
		d.alive.Reset(ackWait / 4)
	})
}

func (d *Delivery) settle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = true
	d.alive.Stop()
}

// Sequence is the position of the message in the queue: of two messages, the one that was stored later has the higher one.
func (d *Delivery) Sequence() uint64 { return d.sequence }

// Drop lets go of a delivery without a word to the engine, where another of the same message is under way.
func (d *Delivery) Drop() { d.settle() }

// Ack says that the sink has the message. It returns once the engine has taken note.
func (d *Delivery) Ack() error {
	if err := d.tell(taken); err != nil {
		d.cursor.out.doubt()
		return fmt.Errorf("acknowledge for sink %q: %w", d.cursor.sink, err)
	}
	d.cursor.out.remove(d.sequence)
	return nil
}

// Retry asks for another attempt after a pause, which goes on while the process does not run. It returns once the engine has
// taken note.
func (d *Delivery) Retry(after time.Duration) error {
	until := time.Now().Add(after)
	if err := d.tell(postpone(after)); err != nil {
		return fmt.Errorf("postpone for sink %q: %w", d.cursor.sink, err)
	}
	d.cursor.out.postpone(d.sequence, postponement{d.msg.Reply, until})
	return nil
}

// tell ends the delivery, and waits until the engine has taken note: one that ends forgets what it has not looked at.
func (d *Delivery) tell(word []byte) error {
	d.settle()
	_, err := d.cursor.queue.js.Conn().Request(d.msg.Reply, word, settleTimeout)
	return err
}

// Bury moves the message to the dead letters of the sink. If there is no room for it (ErrFull) or storing it fails, the
// delivery is not ended yet: Retry must.
func (d *Delivery) Bury(ctx context.Context, reason, answer string) error {
	letter := DeadLetter{Sink: d.cursor.sink, Reason: reason, Answer: answer, Attempts: d.Attempt, Message: d.Message}
	// The id makes sure that dying between the two steps leaves one dead letter, not two.
	id := fmt.Sprintf("%s/%d/%d", d.cursor.sink, d.sequence, d.Received.UnixNano())
	if err := d.cursor.queue.bury(ctx, letter, id); err != nil {
		return err
	}
	return d.Ack()
}
