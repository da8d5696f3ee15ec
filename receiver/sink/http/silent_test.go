// SPDX-License-Identifier: Apache-2.0

package http

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// way leads connections to a server, and can lose all that comes over those that there are.
type way struct {
	net.Listener
	to string

	mu   sync.Mutex
	open []net.Conn
	lost *atomic.Bool // what those that there are go by
	work sync.WaitGroup
}

func newWay(t *testing.T, to string) *way {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{Listener: l, to: to, lost: &atomic.Bool{}}
	w.work.Go(w.accept)
	t.Cleanup(w.close)
	return w
}

func (w *way) accept() {
	for {
		one, err := w.Accept()
		if err != nil {
			return
		}
		other, err := net.Dial("tcp", w.to)
		if err != nil {
			one.Close()
			return
		}
		w.mu.Lock()
		w.open = append(w.open, one, other)
		lost := w.lost
		w.mu.Unlock()
		w.work.Go(func() { pass(one, other, lost) })
		w.work.Go(func() { pass(other, one, lost) })
	}
}

func pass(from, to net.Conn, lost *atomic.Bool) {
	defer to.Close()
	part := make([]byte, 32<<10)
	for {
		n, err := from.Read(part)
		if err != nil {
			return
		}
		if lost.Load() {
			continue
		}
		if _, err := to.Write(part[:n]); err != nil {
			return
		}
	}
}

// lose has the connections that there are carry nothing any more, without a word.
func (w *way) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost.Store(true)
	w.lost = &atomic.Bool{}
}

func (w *way) close() {
	w.Listener.Close()
	w.mu.Lock()
	for _, conn := range w.open {
		conn.Close()
	}
	w.mu.Unlock()
	w.work.Wait()
}

// HTTP/2 puts all requests on one connection. Without a look whether its other end is still there, each would run into its
// timeout until the system gives the connection up, which takes it a quarter of an hour.
func TestAConnectionWhoseOtherEndHasGoneIsGivenUp(t *testing.T) {
	t.Parallel()
	server, trust := serveHTTP2(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	w := newWay(t, server.Listener.Addr().String())
	s := open(t, "https://"+w.Addr().String(), func(o *Options) { o.TLS = trust })
	if pings := s.transport.HTTP2; pings == nil || pings.SendPingTimeout != pingAfter || pings.PingTimeout != pingTimeout {
		t.Fatalf("it asks as %+v says", pings)
	}
	s.transport.HTTP2.SendPingTimeout, s.transport.HTTP2.PingTimeout = 100*time.Millisecond, 100*time.Millisecond
	if o := s.Send(t.Context(), message(t, sample(t))); o != (sink.Delivered{}) {
		t.Fatalf("%#v", o)
	}
	w.lose()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Second, errors.New("the test has waited for long enough"))
	defer cancel()
	for {
		o := s.Send(ctx, message(t, sample(t)))
		if o == (sink.Delivered{}) {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("no attempt gets through any more; the last: %v", o.(sink.Retry).Cause)
		}
	}
}
