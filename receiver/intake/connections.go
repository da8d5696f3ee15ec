// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"net"
	"net/http"
	"sync"
)

// MaxConnections is how many connections a receiver has open at a time. It is far more than the proxies in front of it keep,
// and takes far less memory than it has, some 30 KiB each.
const MaxConnections = 4096

// Limit has a server accept no more than n connections at a time. The next ones wait in the system's queue until one is
// closed, at the latest by the server's own time limits. The server must serve the listener that is returned. Without TLS, the
// context of a request does not end when its sender hangs up.
func Limit(s *http.Server, l net.Listener, n int) net.Listener {
	limited := &limitedListener{Listener: l, open: make(chan struct{}, n), closed: make(chan struct{})}
	s.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed || state == http.StateHijacked {
			<-limited.open
		}
	}
	return limited
}

// limitedListener holds a place in open for each connection from before it is accepted.
type limitedListener struct {
	net.Listener
	open   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.open <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.open
		return nil, err
	}
	return newConnection(conn), nil
}

func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}
