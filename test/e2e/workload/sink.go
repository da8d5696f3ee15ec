// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// sink takes events, unless it was told to answer something else.
type sink struct {
	mu     sync.Mutex
	status int
	took   map[string]int // times, by the event's id
}

func newSink() *sink { return &sink{status: http.StatusNoContent, took: map[string]int{}} }

func (s *sink) serve(mux *http.ServeMux) {
	mux.HandleFunc("POST /", s.take)
	mux.HandleFunc("PUT /status/{status}", s.answer)
	mux.HandleFunc("GET /took", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		tell(w, s.took)
	})
}

func (s *sink) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	event, err := superoffice.Parse(body)
	if err != nil {
		http.Error(w, "no event", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status == http.StatusNoContent {
		s.took[event.ID]++
	}
	w.WriteHeader(s.status)
}

// answer is what it says from now on. Only what it answers 204 it has taken.
func (s *sink) answer(w http.ResponseWriter, r *http.Request) {
	status, err := strconv.Atoi(r.PathValue("status"))
	if err != nil || status < 200 || status > 599 {
		http.Error(w, "no status", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}
