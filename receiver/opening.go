// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/superoffice-webhook/operator/receiver/admin"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// opening serves the admin port while the queue is being opened, which takes minutes where it is large, or away: else nobody
// would know what a receiver waits for that is not ready.
type opening struct {
	server   *http.Server
	listener net.Listener
	ended    chan struct{}

	mu     sync.Mutex // guards status
	status status.Status
}

func serveWhileOpening(l net.Listener, p place, first *snapshot) *opening {
	o := &opening{listener: l, ended: make(chan struct{})}
	o.status = status.Status{
		Version: p.options.Version, Started: p.started, Opening: true, Sinks: []status.Sink{},
		Config: status.Config{Hash: first.Hash, Loaded: p.started},
		Queue:  status.Queue{Shared: first.Queue.JetStream != nil, Error: "the queue is being opened"},
	}
	o.server = admin.NewServer(admin.NewOpeningHandler(o.tell))
	go func() {
		defer close(o.ended)
		_ = o.server.Serve(lent{o.listener}) // ends with end
	}()
	return o
}

func (o *opening) tell() status.Status {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.status
}

func (o *opening) waits(reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.status.Queue.Error = reason
}

// end gives the port back. Who connects meanwhile is answered by whoever serves it next.
func (o *opening) end() {
	_ = o.server.Close()
	<-o.ended
	setDeadline(o.listener, time.Time{})
}

// lent is a listener that goes on when the server that it was lent to is closed.
type lent struct{ net.Listener }

// Close ends a waiting Accept, and no more.
func (l lent) Close() error {
	setDeadline(l.Listener, time.Unix(1, 0))
	return nil
}

// setDeadline never fails on a TCP listener that is open.
func setDeadline(l net.Listener, at time.Time) { _ = l.(*net.TCPListener).SetDeadline(at) }
