// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// sink takes events as fast as it can, while it is up, and knows how long each took from its posting.
type sink struct {
	*httptest.Server
	down  atomic.Bool
	times *times

	mu        sync.Mutex
	latencies []time.Duration
	expected  int64  // until enough have arrived
	enough    func() // called then
}

func newSink(t *times) *sink {
	s := &sink{times: t}
	s.Server = httptest.NewServer(s)
	return s
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.down.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	took, known := s.times.since(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known {
		s.latencies = append(s.latencies, took)
	}
	if s.expected--; s.expected == 0 {
		s.enough()
	}
}

// expect has a function called when so many events have arrived from now on.
func (s *sink) expect(events int64, enough func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expected, s.enough = events, enough
}

// sorted are the times from posting to arrival.
func (s *sink) sorted() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.latencies))
}

// times remembers when which event was posted.
type times struct{ posted sync.Map }

func (t *times) note(number int64) { t.posted.Store(number, time.Now()) }

// since tells how long ago the event of a body was posted.
func (t *times) since(body []byte) (time.Duration, bool) {
	at := bytes.Index(sampleBody, []byte(sampleID)) // where every body has its number
	if len(body) < at+len(sampleID) {
		return 0, false
	}
	number, err := strconv.ParseInt(string(body[at:at+len(sampleID)]), 10, 64)
	if err != nil {
		return 0, false
	}
	posted, ok := t.posted.Load(number)
	if !ok {
		return 0, false
	}
	return time.Since(posted.(time.Time)), true
}

var sampleBody = sample()
