// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/superoffice-webhook/operator/receiver/queue"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// DeadLetters is where dead letters are kept. Errors hold queue.ErrNoDeadLetter and queue.ErrNotReplayable.
type DeadLetters interface {
	DeadLetters(ctx context.Context, sink string, after uint64, limit int) ([]queue.DeadLetter, error)
	DeadLetter(ctx context.Context, id uint64) (*queue.DeadLetter, error)
	Replay(ctx context.Context, id uint64) error
	Forget(ctx context.Context, id uint64) error
}

// Letter is a dead letter as JSON. The body stands in one of its two forms, and only where one letter was asked for.
type Letter struct {
	ID       uint64    `json:"id"`
	Sink     string    `json:"sink,omitempty"`
	Reason   string    `json:"reason"`
	Answer   string    `json:"answer,omitempty"`
	Attempts int       `json:"attempts"`
	Received time.Time `json:"received"`
	Died     time.Time `json:"died"`
	Bytes    int       `json:"bytes"`

	Header     http.Header `json:"header,omitempty"`
	BodyText   string      `json:"bodyText,omitempty"`
	BodyBase64 []byte      `json:"bodyBase64,omitempty"`
}

func newLetter(l *queue.DeadLetter) Letter {
	return Letter{
		ID: l.ID, Sink: l.Sink, Reason: l.Reason, Answer: l.Answer, Attempts: l.Attempts,
		Received: l.Received, Died: l.Died, Bytes: len(l.Body),
	}
}

// Replayed says how many dead letters were sent again.
type Replayed struct {
	Replayed int `json:"replayed"`
}

type deadLetters struct{ letters DeadLetters }

func (d deadLetters) register(mux *http.ServeMux) {
	mux.HandleFunc("GET /dead-letters", d.list)
	mux.HandleFunc("GET /dead-letters/{id}", d.withID(d.show))
	mux.HandleFunc("POST /dead-letters/{id}/replay", d.withID(d.replay))
	mux.HandleFunc("POST /dead-letters/replay", d.replayAll)
	mux.HandleFunc("DELETE /dead-letters/{id}", d.withID(d.forget))
}

func (d deadLetters) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	after, errAfter := number("after", query.Get("after"), 0, 1<<63-1)
	limit, errLimit := number("limit", query.Get("limit"), defaultLimit, maxLimit)
	if err := errors.Join(errAfter, errLimit); err != nil {
		writeError(w, http.StatusBadRequest, err)
		return
	}
	found, err := d.letters.DeadLetters(r.Context(), query.Get("sink"), after, int(limit)) // #nosec G115 -- at most maxLimit
	if err != nil {
		fail(w, err)
		return
	}
	list := make([]Letter, len(found))
	for i := range found {
		list[i] = newLetter(&found[i])
	}
	writeJSON(w, http.StatusOK, list)
}

func (d deadLetters) show(w http.ResponseWriter, r *http.Request, id uint64) {
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

func (d deadLetters) replay(w http.ResponseWriter, r *http.Request, id uint64) {
	if err := d.letters.Replay(r.Context(), id); err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, Replayed{1})
}

// replayAll replays what is there now, not what dies again meanwhile.
func (d deadLetters) replayAll(w http.ResponseWriter, r *http.Request) {
	sink := r.URL.Query().Get("sink")
	if sink == "" {
		writeError(w, http.StatusBadRequest, errors.New("sink: name the sink whose dead letters are to be replayed"))
		return
	}
	began := time.Now()
	var count int
	for after := uint64(0); ; {
		found, err := d.letters.DeadLetters(r.Context(), sink, after, maxLimit)
		if err != nil {
			fail(w, err)
			return
		}
		for _, letter := range found {
			if letter.Died.After(began) {
				found = nil
				break
			}
			after = letter.ID
			err := d.letters.Replay(r.Context(), letter.ID)
			if errors.Is(err, queue.ErrNoDeadLetter) { // somebody else replayed or forgot it meanwhile
				continue
			}
			if err != nil {
				fail(w, fmt.Errorf("after %d were replayed: %w", count, err))
				return
			}
			count++
		}
		if len(found) == 0 {
			break
		}
	}
	writeJSON(w, http.StatusOK, Replayed{count})
}

func (d deadLetters) forget(w http.ResponseWriter, r *http.Request, id uint64) {
	if err := d.letters.Forget(r.Context(), id); err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// withID reads the id out of the path.
func (d deadLetters) withID(next func(http.ResponseWriter, *http.Request, uint64)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := number("id", r.PathValue("id"), 0, 1<<63-1)
		if err != nil {
			writeError(w, http.StatusBadRequest, err)
			return
		}
		next(w, r, id)
	}
}

func number(name, text string, absent, most uint64) (uint64, error) {
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > most {
		return 0, fmt.Errorf("%s: %q is not a number from 0 to %d", name, text, most)
	}
	return n, nil
}

func fail(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, queue.ErrNoDeadLetter):
		writeError(w, http.StatusNotFound, err)
	case errors.Is(err, queue.ErrNotReplayable):
		writeError(w, http.StatusConflict, err)
	default:
		writeError(w, http.StatusInternalServerError, err)
	}
}
