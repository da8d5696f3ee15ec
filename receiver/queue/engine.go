// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// engine is the one connection of a queue to where its messages are kept: a server inside this process, or a cluster.
type engine struct {
	conn    *nats.Conn
	cluster *cluster // nil when the server is inside

	server *Server // nil when there is a cluster
	alone  bool    // the server is there for this queue only, and ends with it
}

// connect gives each queue a connection of its own, so that none waits behind what another one fetches. They store through that of
// the server, on which messages of many go out together.
func (s *Server) connect() (*engine, error) {
	conn, err := nats.Connect("", nats.InProcessServer(s.nats), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		return nil, fmt.Errorf("connect to the queue engine: %w", err)
	}
	return &engine{conn: conn, server: s}, nil
}

// alive says why the engine cannot store anything any more.
func (e *engine) alive() error {
	if e.cluster != nil { // it may come back, whatever it is that has happened
		return nil
	}
	return e.server.Alive()
}

// reachable says why the engine can store nothing right now.
func (e *engine) reachable() error {
	if e.cluster == nil || e.conn.IsConnected() {
		return e.alive()
	}
	return e.cluster.missing(e.conn.LastError())
}

func (e *engine) stop() {
	if e.conn.IsConnected() {
		_ = e.conn.FlushTimeout(settleTimeout) // pauses that were asked for last
	}
	e.conn.Close()
	if e.alone {
		e.server.Close()
	}
}
