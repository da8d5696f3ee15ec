// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// DeadLetters is where dead letters are kept. Errors hold queue.ErrNoDeadLetter and queue.ErrNotReplayable.
type DeadLetters interface {
	DeadLetters(ctx context.Context, sink string, after uint64, limit int) ([]queue.DeadLetter, error)
	DeadLetter(ctx context.Context, id uint64) (*queue.DeadLetter, error)
	Replayable(l *queue.DeadLetter) error
	Replay(ctx context.Context, id uint64) error
	Forget(ctx context.Context, id uint64) error
}

func newLetter(l *queue.DeadLetter) deadletter.Letter {
	letter := deadletter.Letter{
		ID: l.ID, Sink: l.Sink, Reason: l.Reason, Answer: l.Answer, Attempts: l.Attempts,
		Received: l.Received, Died: l.Died, Bytes: len(l.Body),
	}
	if event, err := superoffice.Parse(l.Body); err == nil {
		letter.Event, letter.EventID = event.Name, event.ID
	}
	return letter
}

type deadLetters struct{ letters DeadLetters }

func (d deadLetters) register(mux *http.ServeMux) {
	mux.HandleFunc("GET /dead-letters", d.list)
	mux.HandleFunc("DELETE /dead-letters", d.purge)
	mux.HandleFunc("POST /dead-letters/replay", d.replay)
	mux.HandleFunc("GET /dead-letters/{id}", withID(d.showOne))
	mux.HandleFunc("POST /dead-letters/{id}/replay", withID(d.replayOne))
	mux.HandleFunc("DELETE /dead-letters/{id}", withID(d.forgetOne))
}

func (d deadLetters) list(w http.ResponseWriter, r *http.Request) {
	p := parametersOf(r)
	s, after, limit := p.selection(), p.number("after", 0, maxID), p.number("limit", defaultLimit, maxLimit)
	if err := p.err(); err != nil {
		refuse(w, err)
		return
	}
	list := []deadletter.Letter{}
	for found, err := range d.selected(r.Context(), s, after) {
		if err != nil {
			fail(w, err)
			return
		}
		if uint64(len(list)) == limit {
			break
		}
		list = append(list, newLetter(found))
	}
	writeJSON(w, http.StatusOK, list)
}

// selected walks over the dead letters that are meant, oldest first. It holds one at a time: their bodies together may
// take more memory than there is.
func (d deadLetters) selected(ctx context.Context, s deadletter.Selection, after uint64) iter.Seq2[*queue.DeadLetter, error] {
	all := d.every(ctx, s.Sink, after)
	if len(s.IDs) > 0 {
		all = d.those(ctx, s.IDs, after)
	}
	return func(yield func(*queue.DeadLetter, error) bool) {
		for found, err := range all {
			if err == nil && !s.Matches(newLetter(found)) {
				continue
			}
			if !yield(found, err) {
				return
			}
		}
	}
}

func (d deadLetters) every(ctx context.Context, sink string, after uint64) iter.Seq2[*queue.DeadLetter, error] {
	if sink == deadletter.NoSink { // they are among all others
		sink = ""
	}
	return func(yield func(*queue.DeadLetter, error) bool) {
		for {
			found, err := d.letters.DeadLetters(ctx, sink, after, 1)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(found) == 0 || !yield(&found[0], nil) {
				return
			}
			after = found[0].ID
		}
	}
}

func (d deadLetters) those(ctx context.Context, ids []uint64, after uint64) iter.Seq2[*queue.DeadLetter, error] {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	return func(yield func(*queue.DeadLetter, error) bool) {
		for _, id := range ids {
			if id <= after {
				continue
			}
			found, err := d.letters.DeadLetter(ctx, id)
			if errors.Is(err, queue.ErrNoDeadLetter) {
				continue
			}
			if !yield(found, err) || err != nil {
				return
			}
		}
	}
}

func (d deadLetters) showOne(w http.ResponseWriter, r *http.Request, id uint64) {
	found, err := d.letters.DeadLetter(r.Context(), id)
	if err != nil {
		fail(w, err)
		return
	}
	letter := newLetter(found)
	letter.Header = found.Header
	if utf8.Valid(found.Body) {
		letter.BodyText = string(found.Body)
	} else {
		letter.BodyBase64 = found.Body
	}
	writeJSON(w, http.StatusOK, letter)
}

func (d deadLetters) replayOne(w http.ResponseWriter, r *http.Request, id uint64) {
	if err := d.send(r.Context(), id); err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, deadletter.Replayed{Selected: 1, Replayed: 1})
}

func (d deadLetters) forgetOne(w http.ResponseWriter, r *http.Request, id uint64) {
	if err := d.letters.Forget(r.Context(), id); err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// withID reads the id out of the path, and takes no parameters: "dryRun" has to be refused where it would do nothing.
func withID(next func(http.ResponseWriter, *http.Request, uint64)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := parametersOf(r)
		id, err := number("id", r.PathValue("id"), maxID)
		if err := errors.Join(err, p.err()); err != nil {
			refuse(w, err)
			return
		}
		next(w, r, id)
	}
}

func fail(w http.ResponseWriter, err error) { failAfter(w, 0, err) }

func failAfter(w http.ResponseWriter, done int, err error) {
	code := http.StatusInternalServerError
	switch {
	case errors.Is(err, queue.ErrNoDeadLetter):
		code = http.StatusNotFound
	case errors.Is(err, queue.ErrNotReplayable):
		code = http.StatusConflict
	case errors.Is(err, queue.ErrFull):
		code = http.StatusServiceUnavailable
	}
	writeJSON(w, code, deadletter.Failure{Error: err.Error(), Done: done})
}
