// SPDX-License-Identifier: Apache-2.0

// Package peer plays the other end of connections in tests: one that says what no real server can be brought to say, or nothing.
package peer

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// Serve handles each connection to the address that it returns, as host:port, in a goroutine of its own, and closes it
// afterwards, at the latest when the test ends.
func Serve(t *testing.T, handle func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				hangUp := func() { _ = conn.Close() } // the other side has gone, or keeps what it has no more use for
				defer context.AfterFunc(t.Context(), hangUp)()
				defer hangUp()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	return l.Addr().String()
}

// Silent is an address on which connections are accepted and nothing is ever said. heard tells of each connection.
func Silent(t *testing.T) (address string, heard <-chan struct{}) {
	t.Helper()
	connected := make(chan struct{}, 100)
	return Serve(t, func(conn net.Conn) {
		connected <- struct{}{}
		_, _ = io.Copy(io.Discard, conn)
	}), connected
}
