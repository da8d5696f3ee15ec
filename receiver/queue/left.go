// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// Left is what a queue still holds when its process is about to end: an event that one sink or more have not got, or a
// dead letter.
type Left struct {
	Message
	// Sinks that have not got the event.
	Sinks []string
	// Everybody says that these are all that want the event, so that it goes to whoever wants it where it is taken over.
	Everybody bool
	// Since is from when on the age of the event counts, if it was replayed; else zero.
	Since time.Time
	// Dead is what a dead letter says beyond its message; nil for an event.
	Dead *DeadLetter

	sequence uint64
}

// Left goes through what is left, events first, each in the order in which it was stored. No delivery may be under way, and
// nobody else may share the queue. An error ends it. It can be gone through again, for what was not removed: who needs what is
// asked for once, since the engine takes a while to note what is gone.
func (q *Queue) Left(ctx context.Context) iter.Seq2[*Left, error] {
	var needs []need
	return func(yield func(*Left, error) bool) {
		var err error
		if needs == nil {
			needs, err = q.needs(ctx)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		if q.leftEvents(ctx, needs, yield) {
			q.leftDead(ctx, yield)
		}
	}
}

// Remove removes what somebody else has taken over.
func (q *Queue) Remove(ctx context.Context, l *Left) error {
	stream := q.stream()
	if l.Dead != nil {
		stream = q.deadLetters()
	}
	if err := q.rewrite(ctx, func() error { return stream.DeleteMsg(ctx, l.sequence) }); err != nil {
		return fmt.Errorf("remove what was handed over: %w", err)
	}
	return nil
}

// Adopt stores what was left in another queue of the same webhook. event and key are those of the body, if it holds an
// event. What everybody lacks is stored once, for all that want it here. Sinks that this queue does not know are left out. ErrFull
// tells that there is no room; what was stored of it by then is recognised when it comes again.
func (q *Queue) Adopt(ctx context.Context, event string, key superoffice.DedupKey, l *Left) error {
	switch {
	case l.Dead != nil:
		return q.bury(ctx, *l.Dead, fmt.Sprintf("adopted/%s/%s/%d", l.Dead.Sink, key, l.Dead.Died.UnixNano()))
	case l.Everybody:
		_, err := q.Put(ctx, event, key, l.Message)
		return err
	}
	for _, sink := range q.Sinks() {
		if !slices.Contains(l.Sinks, sink) {
			continue
		}
		r := l.encode(q.names.replay + sink)
		if !l.Since.IsZero() {
			r.set(headerReplayed, l.Since.UTC().Format(time.RFC3339Nano))
		}
		if _, err := q.store(ctx, r, fmt.Sprintf("adopted/%s/%s", sink, key)); err != nil {
			return fmt.Errorf("take an event over for sink %q: %w", sink, err)
		}
	}
	return nil
}

// need is what a cursor has not got: what was handed out to it and not acknowledged, and all that was not handed out yet.
type need struct {
	sink     string
	subjects []string
	out      []uint64 // sorted
	rest     uint64   // everything from here on
}

func (q *Queue) needs(ctx context.Context) ([]need, error) {
	stream, err := q.stream().Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the state of the queue: %w", err)
	}
	var needs []need
	for _, c := range q.ourCursors() {
		info, err := c.consumer.Info(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask for the position of sink %q: %w", c.sink, err)
		}
		out, sure := c.out.from(stream.State.FirstSeq)
		n := need{sink: c.sink, subjects: info.Config.FilterSubjects, out: out, rest: info.Delivered.Stream + 1}
		if !sure || info.NumAckPending > len(out) {
			// Some were handed out by an earlier process and still wait for their next attempt. Which they are cannot be
			// asked for, so everything from the first of them on counts.
			n.rest = info.AckFloor.Stream + 1
		}
		needs = append(needs, n)
	}
	return needs, nil
}

// next is the first position from seq on that the sink may need.
func (n need) next(seq uint64) uint64 {
	if i, _ := slices.BinarySearch(n.out, seq); i < len(n.out) {
		return min(n.out[i], max(seq, n.rest))
	}
	return max(seq, n.rest)
}

func (n need) has(seq uint64) bool {
	_, out := slices.BinarySearch(n.out, seq)
	return out || seq >= n.rest
}

// leftEvents tells whether to go on.
func (q *Queue) leftEvents(ctx context.Context, needs []need, yield func(*Left, error) bool) bool {
	for seq := uint64(1); len(needs) > 0; {
		candidate := uint64(math.MaxUint64)
		for _, n := range needs {
			candidate = min(candidate, n.next(seq))
		}
		raw, err := q.stream().GetMsg(ctx, candidate, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return true
		}
		if err != nil {
			yield(nil, fmt.Errorf("read what is left in the queue: %w", err))
			return false
		}
		seq = raw.Sequence + 1
		if l := q.leftOf(raw, needs); l != nil && !yield(l, nil) {
			return false
		}
	}
	return true
}

// leftOf returns nil when every sink that wants the message has it.
func (q *Queue) leftOf(raw *jetstream.RawStreamMsg, needs []need) *Left {
	var waiting []string
	everybody := strings.HasPrefix(raw.Subject, q.names.event)
	for _, n := range needs {
		switch {
		case !slices.Contains(n.subjects, raw.Subject):
		case n.has(raw.Sequence):
			waiting = append(waiting, n.sink)
		default:
			everybody = false
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	m, header := decode(raw.Header, raw.Data, raw.Time)
	return &Left{Message: m, Sinks: waiting, Everybody: everybody, Since: replayedAt(header), sequence: raw.Sequence}
}

func (q *Queue) leftDead(ctx context.Context, yield func(*Left, error) bool) {
	const page = 100
	for after := uint64(0); ; {
		letters, err := q.DeadLetters(ctx, "", after, page)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, letter := range letters {
			after = letter.ID
			if !yield(&Left{Message: letter.Message, Dead: &letter, sequence: letter.ID}, nil) {
				return
			}
		}
		if len(letters) < page {
			return
		}
	}
}
