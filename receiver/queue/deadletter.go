// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const headerDeath = "Death" // JSON of death

const (
	// maxHeader is how many bytes of headers a cluster takes beside a body (nats-server v2.15), and are laid down anywhere.
	maxHeader = math.MaxUint16
	// keyRoom is what the key takes of it, whoever looks for duplicates.
	keyRoom = maxKey + 64
	// maxText and minText are how much of a dead letter's reason, and as much of its answer, is kept: the most, and what there is
	// room for beside the headers of any request.
	maxText, minText = 4 << 10, 256
	// ellipsis ends what was cut.
	ellipsis = "…"
)

// Errors about single dead letters.
var (
	// ErrNoDeadLetter: there is no dead letter with this id, or no more.
	ErrNoDeadLetter = errors.New("no such dead letter")
	// ErrNotReplayable: the dead letter never was an event, or its sink is configured no more.
	ErrNotReplayable = errors.New("the dead letter cannot be replayed")
)

// DeadLetter is a message that could not be delivered, or an authentic request that holds no event.
type DeadLetter struct {
	// ID identifies the dead letter in this queue.
	ID uint64
	// Sink that the message was for; empty when intake could not read it.
	Sink string
	// Reason in words. Of a long one the beginning is kept.
	Reason string
	// Answer is how the last answer of the sink began, if there was one.
	Answer string
	// Attempts that were made.
	Attempts int
	// Died is when the attempts ended.
	Died time.Time
	Message
}

// death is what a dead letter says beyond its message.
type death struct {
	Reason   string    `json:"reason"`
	Answer   string    `json:"answer,omitempty"`
	Attempts int       `json:"attempts"`
	Died     time.Time `json:"died"`
}

// Bury keeps an authentic request that holds no event. key makes its repetitions one dead letter.
func (q *Queue) Bury(ctx context.Context, reason, key string, m Message) error {
	return q.bury(ctx, DeadLetter{Reason: reason, Message: m}, "intake/"+key)
}

func (q *Queue) bury(ctx context.Context, l DeadLetter, id string) error {
	if l.Died.IsZero() {
		l.Died = time.Now()
	}
	r, err := l.lay(q.names.letterOf(l.Sink))
	if err != nil {
		return fmt.Errorf("describe a dead letter: %w", err)
	}
	if _, err := q.store(ctx, r, id); err != nil {
		return fmt.Errorf("store a dead letter: %w", err)
	}
	return nil
}

// lay lays a dead letter down so that the engine takes it, whatever it says and whatever came with the request: one that is
// refused would be tried again until its event is forgotten.
func (l *DeadLetter) lay(subject string) (*record, error) {
	r := l.encode(subject)
	r.set(headerDeath, "")
	room := maxHeader - keyRoom - len(r.appendHeader(nil))
	meta, err := l.describe(room)
	if err != nil {
		return nil, err
	}
	r.own[len(r.own)-1].value = meta
	if len(meta) > room { // intake takes no such headers; the event is worth more than they are
		r.request = nil
	}
	return r, nil
}

// describe writes what a dead letter says beyond its message, with as much of its texts as there is room for. JSON may need six
// bytes for one of them.
func (l *DeadLetter) describe(room int) (string, error) {
	for most := maxText; ; most /= 2 {
		meta, err := json.Marshal(death{
			Reason: Shorten(l.Reason, most), Answer: Shorten(l.Answer, most), Attempts: l.Attempts, Died: l.Died.UTC(),
		})
		if err != nil || len(meta) <= room || most <= minText {
			return string(meta), err
		}
	}
}

// Shorten cuts what somebody else said, a reason or an answer, to valid UTF-8 of so many bytes at most, three at least.
func Shorten(text string, most int) string {
	if len(text) <= most {
		return strings.ToValidUTF8(text, "")
	}
	return strings.ToValidUTF8(text[:most-len(ellipsis)], "") + ellipsis
}

// DeadLetters returns up to limit dead letters with ids above after, oldest first; of one sink, or of all and of intake
// when sink is empty.
func (q *Queue) DeadLetters(ctx context.Context, sink string, after uint64, limit int) ([]DeadLetter, error) {
	subject := q.names.letter + ">"
	if sink != "" {
		subject = q.names.letterOf(sink)
	}
	if strings.ContainsAny(sink, "*>. \t\r\n") { // no sink has such a name, and for the engine it would be a pattern
		return []DeadLetter{}, nil
	}
	letters := []DeadLetter{}
	for seq := after + 1; len(letters) < limit; {
		raw, err := q.deadLetters().GetMsg(ctx, seq, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the dead letters: %w", err)
		}
		letter, err := q.names.decodeDeadLetter(raw)
		if err != nil {
			return nil, err
		}
		letters = append(letters, *letter)
		seq = raw.Sequence + 1
	}
	return letters, nil
}

// DeadLetter returns one dead letter, or ErrNoDeadLetter.
func (q *Queue) DeadLetter(ctx context.Context, id uint64) (*DeadLetter, error) {
	if id == 0 { // the engine would take 0 for "the last"
		return nil, ErrNoDeadLetter
	}
	raw, err := q.deadLetters().GetMsg(ctx, id)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, ErrNoDeadLetter
	}
	if err != nil {
		return nil, fmt.Errorf("read dead letter %d: %w", id, err)
	}
	return q.names.decodeDeadLetter(raw)
}

// Replayable says with ErrNotReplayable why a dead letter cannot be replayed; nil when it can.
func (q *Queue) Replayable(l *DeadLetter) error {
	if l.Sink == "" {
		return fmt.Errorf("%w: it holds no event", ErrNotReplayable)
	}
	if !slices.Contains(q.Sinks(), l.Sink) {
		return fmt.Errorf("%w: its sink %q is configured no more", ErrNotReplayable, l.Sink)
	}
	return nil
}

// Replay moves a dead letter back into the queue, for its sink only and with its attempts counted anew. Dying between
// the two steps leaves the dead letter where it was, beside the replayed message; another Replay then only removes it, as
// long as the message is remembered.
func (q *Queue) Replay(ctx context.Context, id uint64) error {
	letter, err := q.DeadLetter(ctx, id)
	if err != nil {
		return err
	}
	if err := q.Replayable(letter); err != nil {
		return err
	}
	r := letter.encode(q.names.replay + letter.Sink)
	r.set(headerReplayed, time.Now().UTC().Format(time.RFC3339Nano))
	if _, err := q.store(ctx, r, replayKey(letter)); err != nil {
		return fmt.Errorf("replay dead letter %d: %w", id, err)
	}
	return q.Forget(ctx, id)
}

// replayKey makes repetitions of a replay one message. The time is in it because ids count anew should the dead letters
// be lost and the queue not.
func replayKey(l *DeadLetter) string { return fmt.Sprintf("replay/%d/%d", l.ID, l.Died.UnixNano()) }

// Forget removes a dead letter for good, or returns ErrNoDeadLetter.
func (q *Queue) Forget(ctx context.Context, id uint64) error {
	if _, err := q.DeadLetter(ctx, id); err != nil { // the engine has several errors for what is not there
		return err
	}
	if err := q.rewrite(ctx, func() error { return q.deadLetters().DeleteMsg(ctx, id) }); err != nil {
		return fmt.Errorf("remove dead letter %d: %w", id, err)
	}
	return nil
}

func (n names) decodeDeadLetter(raw *jetstream.RawStreamMsg) (*DeadLetter, error) {
	m, header := decode(raw.Header, raw.Data, raw.Time)
	var d death
	if err := json.Unmarshal([]byte(header.Get(headerDeath)), &d); err != nil {
		return nil, fmt.Errorf("read the reason of dead letter %d: %w", raw.Sequence, err)
	}
	return &DeadLetter{
		ID: raw.Sequence, Sink: n.sinkOf(raw.Subject), Reason: d.Reason, Answer: d.Answer, Attempts: d.Attempts, Died: d.Died, Message: m,
	}, nil
}
