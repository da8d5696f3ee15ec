// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// sink is an HTTP endpoint like any consumer's: it prints and keeps what it is sent.
type sink struct {
	server *http.Server
	url    string
	tell   func(format string, args ...any)

	mu       sync.Mutex
	received []delivery
}

// delivery is one request that the sink accepted.
type delivery struct {
	event string
	body  []byte
}

func startSink(tell func(string, ...any)) (*sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the sink: %w", err)
	}
	s := &sink{url: "http://" + listener.Addr().String() + "/superoffice", tell: tell}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			tell("the sink stopped: %v", err)
		}
	}()
	return s, nil
}

// ServeHTTP keeps the request and answers 204.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d := delivery{event: r.Header.Get("X-SuperOffice-Event"), body: body}
	s.mu.Lock()
	s.received = append(s.received, d)
	s.mu.Unlock()
	s.tell("→ the sink received %s from %s, %d bytes: %s", d.event, r.Header.Get("User-Agent"), len(body), beginning(body))
	w.WriteHeader(http.StatusNoContent)
}

// beginning shows enough of a body to recognise it by.
func beginning(body []byte) string {
	const runes = 120
	line := []rune(strings.Join(strings.Fields(string(body)), " "))
	if len(line) <= runes {
		return string(line)
	}
	return string(line[:runes]) + "…"
}

// all returns what was received so far.
func (s *sink) all() []delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]delivery{}, s.received...)
}

func (s *sink) stop(ctx context.Context) error { return s.server.Shutdown(ctx) }
