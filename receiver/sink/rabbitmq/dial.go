// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/superoffice-webhook/operator/receiver/guard"
)

const (
	// connectionName is what the server's administrators see.
	connectionName = "superoffice-webhook-receiver"
	// heartbeat is how often both sides say that they are there. A server that is silent is given up after 15 seconds.
	heartbeat = 10 * time.Second
	// frameSize is what RabbitMQ takes by default. The server may ask for less.
	frameSize = 128 << 10
	// dialPause is the time from one try to connect to the next, so that a server that comes back, or refuses the
	// credentials, is not stormed.
	dialPause = time.Second
)

// dial is a try to connect, for all Sends that need the connection.
type dial struct {
	done chan struct{} // closed when the others are set
	link *link
	err  error
}

// connected returns the connection, and makes it first where there is none.
func (s *Sink) connected(ctx context.Context) (*link, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, errClosed
	}
	if l := s.link; l != nil && !l.conn.IsClosed() {
		s.mu.Unlock()
		return l, nil
	}
	d := s.dial
	if d == nil {
		d = &dial{done: make(chan struct{})}
		s.dial = d
		wait := time.Until(s.dialed.Add(dialPause))
		s.work.Go(func() { s.connect(d, wait) })
	}
	s.mu.Unlock()
	select {
	case <-d.done:
		return d.link, d.err
	case <-ctx.Done():
		return nil, fmt.Errorf("connect to RabbitMQ at %s: %w", strings.Join(s.options.Addresses, ", "), context.Cause(ctx))
	}
}

// connect makes the connection after a pause.
func (s *Sink) connect(d *dial, wait time.Duration) {
	defer close(d.done)
	select {
	case <-time.After(wait):
	case <-s.life.Done():
	}
	d.link, d.err = connectAny(s.life, s.options)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dial, s.dialed = nil, time.Now()
	switch {
	case d.err != nil:
	case s.closed:
		d.link.close()
		d.err = errClosed
	default:
		s.link = d.link
		s.work.Go(d.link.watch)
	}
}

// connectAny connects to the first of the addresses that lets it in. Each has the timeout to itself, so that one that does
// not answer is not all that is ever tried.
func connectAny(ctx context.Context, o Options) (*link, error) {
	var failures []string
	for _, address := range o.Addresses {
		l, err := connect(ctx, o, address)
		if err == nil {
			return l, nil
		}
		failures = append(failures, fmt.Sprintf("connect to RabbitMQ at %s: %v", address, err))
	}
	return nil, errors.New(strings.Join(failures, "; "))
}

// connect makes a connection. Closing it is how to call a handshake off.
func connect(ctx context.Context, o Options, address string) (*link, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout, fmt.Errorf("no answer within %s", o.Timeout))
	defer cancel()
	conn, err := guard.Dialer(net.Dialer{}, o.AllowLinkLocal).DialContext(ctx, "tcp", withPort(address, o.TLS != nil))
	if err != nil {
		return nil, limit(ctx, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	l, err := shakeHands(ctx, o, address, bounded{conn, o.Timeout})
	if err != nil || !stop() {
		_ = conn.Close()
		return nil, limit(ctx, err)
	}
	return l, nil
}

func shakeHands(ctx context.Context, o Options, address string, conn net.Conn) (*link, error) {
	socket := conn
	if o.TLS != nil {
		settings := o.TLS.Clone()
		if settings.ServerName == "" {
			settings.ServerName, _, _ = net.SplitHostPort(withPort(address, true))
		}
		encrypted := tls.Client(conn, settings)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = encrypted
	}
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName(connectionName)
	opened, err := amqp.Open(conn, amqp.Config{
		SASL:       []amqp.Authentication{&amqp.PlainAuth{Username: o.User, Password: o.Password}},
		Vhost:      o.VHost,
		FrameSize:  frameSize,
		Heartbeat:  heartbeat,
		Properties: properties,
		Locale:     "en_US",
	})
	if err != nil {
		return nil, advise(err, o.VHost)
	}
	return newLink(opened, socket), nil
}

// withPort adds the port that an address does not name.
func withPort(address string, encrypted bool) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	port := portPlain
	if encrypted {
		port = portTLS
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), port)
}

// limit says which limit was hit, if one was.
func limit(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// bounded is a connection that does not wait for ever for the other end to read. The client library would, and it holds
// locks meanwhile without which the connection can't be closed.
type bounded struct {
	net.Conn
	timeout time.Duration
}

// Write implements io.Writer.
func (b bounded) Write(p []byte) (int, error) {
	if err := b.SetWriteDeadline(time.Now().Add(b.timeout)); err != nil {
		return 0, err
	}
	return b.Conn.Write(p)
}
