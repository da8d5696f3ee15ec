// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// sink is an HTTP endpoint like any consumer's. It remembers what it took.
type sink struct {
	*httptest.Server

	mu     sync.Mutex
	status int
	took   map[string]http.Header // by the event's id
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{status: http.StatusNoContent, took: map[string]http.Header{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// answer is what it says from now on. Only what it answers 204 is remembered.
func (s *sink) answer(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// ServeHTTP takes an event, or refuses it, and then talks too much: it repeats what it was sent.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	event, _ := superoffice.Parse(body) // what is no event has no id
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status == http.StatusNoContent {
		s.took[event.ID] = r.Header
	}
	w.WriteHeader(s.status)
	if s.status != http.StatusNoContent {
		fmt.Fprintf(w, "refused: %v\n%s", r.Header, body)
	}
}

// header is what an event came with; nil if it did not.
func (s *sink) header(id string) http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.took[id]
}

// missing are those of the events that did not arrive yet.
func (s *sink) missing(ids []string) (missing []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if s.took[id] == nil {
			missing = append(missing, id)
		}
	}
	return missing
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.took)
}

// awaitArrival waits for all of the events.
func (s *sink) awaitArrival(t *testing.T, ids []string) {
	t.Helper()
	await(t, "the arrival of all events at the sink", func(context.Context) (any, bool) {
		missing := s.missing(ids)
		return missing, len(missing) == 0
	})
}
