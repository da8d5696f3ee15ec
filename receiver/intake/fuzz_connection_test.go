// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/intake"
)

// FuzzConnection checks what holds for all that anybody can write to a connection, with Go's server in front of the handler:
// no answer is fatal, each that says so has stored its event, and nothing is stored that was not signed.
func FuzzConnection(f *testing.F) {
	for _, part := range corpus() {
		for _, c := range part.cases {
			if len(c.raw) < 4<<10 {
				f.Add(c.raw)
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if bytes.Contains(raw, []byte("HEAD ")) {
			return // the answers to it have no text to tell them by
		}
		synctest.Test(t, func(t *testing.T) { // the server's pauses pass at once
			var store memory
			counts := newCounts()
			conn := newScript(raw)
			s := intake.NewServer(intake.New(&store, rules(), counts, logr.Discard()), logr.Discard())
			if err := s.Serve(conn); !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			answered := read(t, conn.written.Bytes())
			stored, kept := told[intake.Stored], told[intake.NoEvent]
			if answered[stored] != len(store.put) || answered[kept] != len(store.buried) {
				t.Fatalf("%d events and %d dead letters are stored, but answered was %v", len(store.put), len(store.buried), answered)
			}
			if verified := counts.verified["current"] + counts.verified["previous"]; verified < len(store.put)+len(store.buried) {
				t.Fatalf("%d signatures are right, stored are %q and %q", verified, store.put, store.buried)
			}
		})
	})
}

// read counts answers.
func read(t *testing.T, written []byte) map[reply]int {
	t.Helper()
	answered := map[reply]int{}
	for from := bufio.NewReader(bytes.NewReader(written)); ; {
		if _, err := from.Peek(1); err != nil {
			return answered
		}
		a, err := readAnswer(from, http.MethodPost)
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF) && bytes.HasSuffix(written, []byte(goOn)): // invited, and then gone
			return answered
		case err != nil:
			t.Fatalf("%v, in %q", err, written)
		}
		if a.header.Get("Location") != "" || a.status < http.StatusBadRequest && a.reply != told[intake.Stored] && !strings.HasSuffix(a.text, "\n") {
			t.Fatalf("answered %+v", a)
		}
		answered[a.reply]++
	}
}

// script is a listener with one connection, on which the sender has written all that it has to say. What is written to it is
// kept. When it is closed, the listener ends.
type script struct {
	net.Conn
	mu      sync.Mutex
	sent    *bytes.Reader
	written bytes.Buffer
	open    chan struct{}
	taken   bool
	close   sync.Once
}

func newScript(raw []byte) *script {
	return &script{sent: bytes.NewReader(raw), open: make(chan struct{})}
}

func (s *script) Accept() (net.Conn, error) {
	if !s.taken {
		s.taken = true
		return s, nil
	}
	<-s.open
	return nil, io.EOF
}

func (s *script) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent.Read(p)
}

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written.Write(p)
}

func (s *script) Close() error {
	s.close.Do(func() { close(s.open) })
	return nil
}

func (*script) Addr() net.Addr                   { return &net.TCPAddr{} }
func (*script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*script) SetDeadline(time.Time) error      { return nil }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }
