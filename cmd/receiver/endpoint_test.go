// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// received is a request as a sink saw it.
type received struct {
	Header http.Header
	Body   string
}

// endpoint is a sink that keeps what it was sent.
type endpoint struct {
	*httptest.Server
	answer func(http.ResponseWriter)

	mu       sync.Mutex
	requests []received
}

// serve starts a sink that answers by a function; nil: with 200.
func serve(t *testing.T, answer func(http.ResponseWriter)) *endpoint {
	t.Helper()
	e := &endpoint{answer: answer}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil { // cut off
		return
	}
	e.mu.Lock()
	e.requests = append(e.requests, received{r.Header.Clone(), string(body)})
	e.mu.Unlock()
	if e.answer != nil {
		e.answer(w)
	}
}

// got returns what came so far.
func (e *endpoint) got() []received {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.requests)
}

// gets waits until a body has come.
func (e *endpoint) gets(t *testing.T, body []byte) {
	t.Helper()
	eventually(t, func() string {
		if !e.has(body) {
			return fmt.Sprintf("the event has not come, but %d others", len(e.got()))
		}
		return ""
	})
}

func (e *endpoint) has(body []byte) bool {
	return slices.ContainsFunc(e.got(), func(r received) bool { return r.Body == string(body) })
}

// lacks returns those of some events that have not come.
func (e *endpoint) lacks(events []string) []string {
	came := map[string]bool{}
	for _, r := range e.got() {
		came[r.Body] = true
	}
	var lacking []string
	for _, event := range events {
		if !came[event] {
			lacking = append(lacking, event)
		}
	}
	return lacking
}
