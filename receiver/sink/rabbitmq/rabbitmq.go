// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Options describe an exchange of a RabbitMQ server or cluster.
type Options struct {
	// Addresses of the nodes of one cluster, of which the first that answers is taken: "host:port", or "host" for port 5672,
	// with TLS 5671. At least one. Example: ["rabbitmq-0.rabbitmq.messaging", "rabbitmq-1.rabbitmq.messaging"].
	Addresses []string
	// VHost that holds the exchange. Default "/".
	VHost string
	// Exchange to publish to. It has to exist. Default "", which routes to the queue that is named like the routing key.
	// Example: "superoffice".
	Exchange string
	// RoutingKey of the messages, with {event}, {tenant} and {entity} where wanted. Default "{event}".
	RoutingKey string
	// User and Password to log in with. Default guest, whom RabbitMQ lets in from its own machine only.
	User, Password string
	// TLS holds the authorities to trust and the client's certificate, if any. The name that the server's certificate has to
	// bear is the host of its address, unless ServerName says otherwise. Default nil: no TLS.
	TLS *tls.Config
	// AllowLinkLocal lets connections go to link-local and metadata addresses.
	AllowLinkLocal bool
	// Format of the messages.
	Format config.Format
	// Timeout of one attempt, from connecting to the confirmation. Default 10s.
	Timeout time.Duration
}

const (
	defaultUser = "guest"
	portPlain   = "5672"
	portTLS     = "5671"
)

// Sink is an exchange of a RabbitMQ server or cluster.
type Sink struct {
	options Options
	life    context.Context // ends with Close
	end     context.CancelFunc
	work    sync.WaitGroup // all goroutines; they begin by begin only

	mu     sync.Mutex
	closed bool      // under mu
	link   *link     // under mu; nil until connected for the first time
	dial   *dial     // under mu; nil while none is under way
	dialed time.Time // under mu; when the last one began
}

// New makes a sink. It does not connect yet. The error says which option is wrong.
func New(o Options) (*Sink, error) {
	if len(o.Addresses) == 0 || slices.Contains(o.Addresses, "") {
		return nil, errors.New("there is no address of a server")
	}
	if (o.User == "") != (o.Password == "") {
		return nil, errors.New("user and password go together")
	}
	if len(o.Exchange) > maxShort {
		return nil, errors.New("the exchange's name has more than 255 bytes")
	}
	o.VHost = cmp.Or(o.VHost, config.DefaultVirtualHost)
	o.RoutingKey = cmp.Or(o.RoutingKey, config.DefaultRoutingKey)
	o.User, o.Password = cmp.Or(o.User, defaultUser), cmp.Or(o.Password, defaultUser)
	o.Timeout = cmp.Or(o.Timeout, time.Duration(config.DefaultTimeout))
	if err := validateRoutingKey(o.RoutingKey); err != nil {
		return nil, fmt.Errorf("routing key %q: %w", o.RoutingKey, err)
	}
	life, end := context.WithCancel(context.Background())
	return &Sink{options: o, life: life, end: end}, nil
}

// Send makes one attempt.
func (s *Sink) Send(ctx context.Context, m sink.Message) sink.Outcome {
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.Timeout, fmt.Errorf("no confirmation within %s", s.options.Timeout))
	defer cancel()
	message, err := newMessage(s.options, m)
	if err != nil {
		return sink.Dead{Reason: "the event cannot be put into a message: " + err.Error()}
	}
	return sink.Redact(s.attempt(ctx, message), s.options.Password) // servers explain themselves in their own words
}

func (s *Sink) attempt(ctx context.Context, m *message) sink.Outcome {
	l, err := s.connected(ctx)
	if err != nil {
		return sink.Retry{Cause: err}
	}
	return classify(s.publish(ctx, l, m), s.options.Exchange, m.key)
}

// publish waits no longer than ctx lasts for what may take longer.
func (s *Sink) publish(ctx context.Context, l *link, m *message) error {
	if err := l.unblocked(ctx); err != nil {
		return err
	}
	done := make(chan error, 1)
	if !s.begin(func() { done <- l.publish(ctx, s.options.Exchange, m) }) {
		return errClosed
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return l.whileBlocked(context.Cause(ctx))
	}
}

// Close ends the connection, and what is under way on it.
func (s *Sink) Close() error {
	s.mu.Lock()
	s.closed = true
	l := s.link
	s.mu.Unlock()
	s.end()
	if l != nil {
		l.close()
	}
	s.work.Wait()
	return nil
}

// begin starts a goroutine, unless the sink is closed.
func (s *Sink) begin(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Go(f)
	return true
}
