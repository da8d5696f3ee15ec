// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/guard"
	"github.com/superoffice-webhook/operator/receiver/natsaccess"
)

const (
	// connectionName is what the server's administrators see.
	connectionName = "superoffice-webhook-receiver"
	// pingInterval is how often a server is asked whether it is still there. One that is silent twice is given up, so that
	// no attempt goes on over a connection whose other end has gone without a word.
	pingInterval = 20 * time.Second
)

// link is a connection with the attempts that wait for its acknowledgements.
type link struct {
	conn   *nats.Conn
	stream jetstream.JetStream

	mu      sync.Mutex
	waiting map[*attempt]bool // under mu
}

type attempt struct {
	subject string
	cancel  context.CancelCauseFunc
}

// dial is an attempt to connect, for all Sends that need the connection.
type dial struct {
	done chan struct{} // closed when the others are set
	link *link
	err  error
}

// connected returns the connection, and makes it first where there is none.
func (s *Sink) connected(ctx context.Context) (*link, error) {
	s.mu.Lock()
	if l := s.link; l != nil && !l.conn.IsClosed() {
		s.mu.Unlock()
		return l, nil
	}
	if s.dial == nil {
		d := &dial{done: make(chan struct{})}
		s.dial = d
		s.dials.Go(func() {
			defer close(d.done)
			d.link, d.err = connect(s.life, s.options)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.dial = nil
			if d.err == nil {
				s.link = d.link
			}
		})
	}
	d := s.dial
	s.mu.Unlock()
	select {
	case <-d.done:
		return d.link, d.err
	case <-ctx.Done():
		return nil, fmt.Errorf("connect to NATS at %s: %w", s.options.access().Hosts(), context.Cause(ctx))
	}
}

// connect makes a connection. Each server has the timeout to itself, so that one that does not answer is not all that is
// ever tried; ctx ends it, too.
func connect(ctx context.Context, o Options) (*link, error) {
	l := &link{waiting: map[*attempt]bool{}}
	d := &dialer{Dialer: guard.Dialer(net.Dialer{Timeout: o.Timeout}, o.AllowLinkLocal), ctx: ctx}
	access := o.access()
	conn, err := nats.Connect(access.Servers(), append(natsaccess.Options(func() natsaccess.Access { return access }),
		nats.Name(connectionName),
		nats.SetCustomDialer(d),
		nats.SkipHostLookup(), // the dialer does it, and can be called off
		nats.Timeout(o.Timeout),
		nats.FlusherTimeout(o.Timeout), // a write must not wait for longer than who wants it
		nats.ReconnectOnFlusherError(),
		nats.NoReconnect(), // the next attempt does it
		nats.PingInterval(pingInterval),
		nats.ErrorHandler(l.complaint),
	)...)
	d.keep()
	if err != nil {
		return nil, fmt.Errorf("connect to NATS at %s: %w", access.Hosts(), natsaccess.Explain(err))
	}
	if l.stream, err = jetstream.New(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("use JetStream: %w", err)
	}
	l.conn = conn
	return l, nil
}

// dialer connects as long as a context lasts. Closing the connection is how to call a handshake off.
type dialer struct {
	*net.Dialer
	ctx   context.Context
	stops []func() bool
}

// Dial implements nats.CustomDialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.DialContext(d.ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.stops = append(d.stops, context.AfterFunc(d.ctx, func() { _ = conn.Close() }))
	return conn, nil
}

// keep lets the connection outlast the context.
func (d *dialer) keep() {
	for _, stop := range d.stops {
		stop()
	}
}

// publish sends a message and waits for the acknowledgement.
func (l *link) publish(ctx context.Context, m *nats.Msg) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := &attempt{m.Subject, cancel}
	l.mu.Lock()
	l.waiting[a] = true
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.waiting, a)
		l.mu.Unlock()
	}()
	_, err := l.stream.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0))
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return context.Cause(ctx)
	}
	return err
}

// complaint ends attempts that the server will not answer for want of a permission, which it says beside them.
func (l *link) complaint(conn *nats.Conn, _ *nats.Subscription, err error) {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return // the connection is lost by it, which ends the attempts
	}
	_, behind, ofOne := strings.Cut(err.Error(), `for Publish to "`)
	subject, _, _ := strings.Cut(behind, `"`)
	l.mu.Lock()
	defer l.mu.Unlock()
	for a := range l.waiting {
		if !ofOne || a.subject == subject {
			a.cancel(fmt.Errorf("a permission is missing: %w", err))
		}
	}
	if !ofOne { // acknowledgements cannot arrive, ever
		conn.Close()
	}
}
