// SPDX-License-Identifier: Apache-2.0

package sinktest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Silent is an address on which connections are accepted and nothing is ever said. heard tells of each connection.
func Silent(t *testing.T) (address string, heard <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connected := make(chan struct{}, 100)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connected <- struct{}{}
			all.Go(func() { // until the other side hangs up
				defer conn.Close() //nolint:errcheck // the other side has gone
				_, _ = io.Copy(io.Discard, conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	return l.Addr().String(), connected
}
