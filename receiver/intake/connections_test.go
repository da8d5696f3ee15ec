// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestConnectionsOverTheLimitWaitForAPlace(t *testing.T) {
	t.Parallel()
	const most = 3
	var mu sync.Mutex
	requests := 0
	h := intake.New(openQueue(t, limits), rules(), newCounts(), logr.Discard())
	address := serveAtMost(t, most, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		requests++
		mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	held := make([]*net.TCPConn, most)
	for i := range held { // each has been answered once, so it is open, and stays so
		held[i] = dial(t, address)
		ask(t, held[i], unsigned(created), intake.SignatureMissing)
	}
	waiting := dial(t, address) // the system takes it
	if _, err := waiting.Write(post(created).bytes()); err != nil {
		t.Fatal(err)
	}
	for _, conn := range held { // those that are open are served meanwhile
		ask(t, conn, unsigned(created), intake.SignatureMissing)
	}
	mu.Lock()
	if requests != 2*most {
		t.Errorf("%d requests were handled over %d connections, want %d", requests, most, 2*most)
	}
	mu.Unlock()

	if err := held[0].Close(); err != nil {
		t.Fatal(err)
	}
	got, err := readAnswer(bufio.NewReader(waiting), "")
	if err != nil {
		t.Fatal(err)
	}
	check(t, intake.Stored, got, "")
	for _, conn := range append(held[1:], waiting) {
		_ = conn.Close()
	}
	for range 2 * most { // no place is lost, whatever becomes of a connection
		conn := dial(t, address)
		if _, err := exchange(conn, []byte("rubbish\r\n\r\n"), ""); err != nil {
			t.Fatal(err)
		}
	}
	check(t, intake.Stored, post(event(superoffice.ActivityCreated, "honest")).send(t, address), "")
}

// A server whose places are all taken still ends when it is told to.
func TestServerEndsWhileConnectionsWait(t *testing.T) {
	t.Parallel()
	s := intake.NewServer(http.NotFoundHandler(), logr.Discard())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	limited := intake.Limit(s, l, 1)
	served := make(chan error, 1)
	go func() { served <- s.Serve(limited) }()
	held, waiting := dial(t, l.Addr().String()), dial(t, l.Addr().String())
	if _, err := held.Write(post(created).bytes()); err != nil {
		t.Fatal(err)
	}
	if _, err := readAnswer(bufio.NewReader(held), ""); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Shutdown(t.Context()) }() // waits for Serve, whatever its context says
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("the server does not end")
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Serve ends with %v", err)
	}
	if _, err := waiting.Read(make([]byte, 1)); err == nil {
		t.Error("a connection that was never accepted is answered")
	}
}

// ask sends a request over a connection that stays open.
func ask(t *testing.T, conn net.Conn, r request, want intake.Reason) {
	t.Helper()
	if _, err := conn.Write(r.bytes()); err != nil {
		t.Fatal(err)
	}
	got, err := readAnswer(bufio.NewReader(conn), r.method)
	if err != nil {
		t.Fatal(err)
	}
	check(t, want, got, r.method)
	if got.last {
		t.Error("the connection is closed")
	}
}
