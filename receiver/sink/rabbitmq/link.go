// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// closeTimeout is how long the server may take to agree to the end of a connection.
const closeTimeout = time.Second

var (
	errClosed     = errors.New("the sink was closed")
	errHandshake  = errors.New("the connection broke before the server let the sink in, perhaps over TLS")
	errLost       = errors.New("the connection was lost before the confirmation")
	errNack       = errors.New("the server did not take the message (nack)")
	errUnroutable = errors.New("the message was returned as unroutable")
)

// link is a connection.
type link struct {
	conn   *amqp.Connection
	socket net.Conn
	alarms chan amqp.Blocking

	mu    sync.Mutex
	idle  []*channel    // under mu
	alarm string        // under mu; why the server takes no messages for now
	over  chan struct{} // under mu; closed when it does again; nil while it does
}

// channel is a channel of a connection that one message at a time is published on. So what comes back is about that one,
// and what goes wrong with it, for which a server closes the channel, is no other's trouble.
type channel struct {
	*amqp.Channel
	returns chan amqp.Return
	closes  chan *amqp.Error
}

func newLink(conn *amqp.Connection, socket net.Conn) *link {
	return &link{conn: conn, socket: socket, alarms: conn.NotifyBlocked(make(chan amqp.Blocking, 1))}
}

// watch keeps account of whether the server takes messages, for as long as the connection lasts.
func (l *link) watch() {
	for b := range l.alarms {
		l.setAlarm(b.Active, b.Reason)
	}
	l.setAlarm(false, "")
}

func (l *link) setAlarm(active bool, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.alarm = reason
	switch {
	case active && l.over == nil:
		l.over = make(chan struct{})
	case !active && l.over != nil:
		close(l.over)
		l.over = nil
	}
}

// unblocked waits until the server takes messages. It would not read one before, but do so later, when the attempt is over.
func (l *link) unblocked(ctx context.Context) error {
	l.mu.Lock()
	over := l.over
	l.mu.Unlock()
	if over == nil {
		return nil
	}
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return l.whileBlocked(context.Cause(ctx))
	}
}

// whileBlocked adds to an error that the server takes no messages, if so.
func (l *link) whileBlocked(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over == nil {
		return err
	}
	return fmt.Errorf("%w: the server takes no messages for now: %s", err, l.alarm)
}

// publish publishes a message and waits for the confirmation. It may take longer than ctx lasts, as long as the server does
// not read what is sent or not answer what is asked, until the connection is given up.
func (l *link) publish(ctx context.Context, exchange string, m *message) error {
	if room := l.conn.Config.FrameSize; room > 0 && m.overhead() > room {
		return tooManyHeaders{m.overhead(), room}
	}
	c, err := l.channel()
	if err != nil {
		return err
	}
	defer l.putBack(c)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	confirmation, err := c.PublishWithDeferredConfirm(exchange, m.key, true, false, m.Publishing)
	if err != nil {
		return err
	}
	select {
	case <-confirmation.Done(): // at the end of the channel, too
		return c.verdict(confirmation.Acked())
	case <-ctx.Done():
		_ = c.Close() // what comes on it from now on would be taken for an answer to the next message
		return context.Cause(ctx)
	}
}

// verdict says what came before the confirmation, or in its place.
func (c *channel) verdict(acked bool) error {
	if acked {
		select {
		case _, returned := <-c.returns: // which the server sends first
			if returned {
				return errUnroutable
			}
		default:
		}
		return nil
	}
	select {
	case err := <-c.closes:
		if err != nil {
			return err
		}
		return errLost
	default:
		return errNack
	}
}

// channel returns one that is idle, or a new one.
func (l *link) channel() (*channel, error) {
	l.mu.Lock()
	for n := len(l.idle) - 1; n >= 0; n-- {
		c := l.idle[n]
		l.idle = l.idle[:n]
		if !c.IsClosed() {
			l.mu.Unlock()
			return c, nil
		}
	}
	l.mu.Unlock()
	opened, err := l.conn.Channel()
	if err != nil {
		return nil, fmt.Errorf("open a channel: %w", err)
	}
	c := &channel{opened, opened.NotifyReturn(make(chan amqp.Return, 1)), opened.NotifyClose(make(chan *amqp.Error, 1))}
	if err := opened.Confirm(false); err != nil {
		return nil, fmt.Errorf("open a channel: %w", err)
	}
	return c, nil
}

func (l *link) putBack(c *channel) {
	if c.IsClosed() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle = append(l.idle, c)
}

// close ends the connection, and what is under way on it.
func (l *link) close() {
	stop := time.AfterFunc(closeTimeout, func() { _ = l.socket.Close() })
	defer stop.Stop()
	_ = l.conn.Close() // of a connection that is lost: that it is
}
