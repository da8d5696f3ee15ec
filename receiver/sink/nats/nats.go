// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/natsaccess"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Options describe a subject of a NATS system.
type Options struct {
	// URLs of servers of one NATS system, of which one is chosen at random. At least one; nats or tls, and no credentials.
	// Example: ["nats://nats-0.nats.messaging:4222", "nats://nats-1.nats.messaging:4222"].
	URLs []string
	// Subject to publish to, with {event}, {tenant} and {entity} where wanted. Example: "superoffice.{event}".
	Subject string
	// Stream that has to take the subject. Default: whichever does. Example: "CRM".
	Stream string
	// Credentials are the content of a .creds file: a user's JWT with its seed. Default none; at most one of Credentials,
	// User and Token is set.
	Credentials string
	// User and Password of a user of the server's configuration. Default none.
	User, Password string
	// Token of the server's configuration. Default none.
	Token string
	// TLS is demanded when it is set. Default: TLS with the system's certificate authorities where the URL's scheme is tls
	// or the server demands it.
	TLS *tls.Config
	// AllowLinkLocal lets connections go to link-local and metadata addresses.
	AllowLinkLocal bool
	// Format of the messages.
	Format config.Format
	// Timeout of one attempt, from connecting to the acknowledgement. Default 10s.
	Timeout time.Duration
}

// Sink is a subject of a NATS system.
type Sink struct {
	options Options
	secrets []string        // of the options
	life    context.Context // ends with Close
	end     context.CancelFunc
	dials   sync.WaitGroup

	mu   sync.Mutex
	link *link // under mu; nil until connected for the first time
	dial *dial // under mu; nil while none is under way
}

// New makes a sink. It does not connect yet. The error says which option is wrong.
func New(o Options) (*Sink, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	o.Timeout = cmp.Or(o.Timeout, time.Duration(config.DefaultTimeout))
	life, end := context.WithCancel(context.Background())
	return &Sink{options: o, secrets: o.access().Secrets(), life: life, end: end}, nil
}

func (o Options) validate() error {
	if err := o.access().Validate(); err != nil {
		return err
	}
	if err := validateSubject(o.Subject); err != nil {
		return fmt.Errorf("subject %q: %w", o.Subject, err)
	}
	if strings.ContainsFunc(o.Stream, func(r rune) bool { return r <= ' ' || strings.ContainsRune(".*>/\\", r) }) {
		return fmt.Errorf("%q is no name of a stream", o.Stream)
	}
	return nil
}

func (o Options) access() natsaccess.Access {
	return natsaccess.Access{
		URLs: o.URLs, Credentials: o.Credentials, User: o.User, Password: o.Password, Token: o.Token, TLS: o.TLS,
	}
}

// Send makes one attempt.
func (s *Sink) Send(ctx context.Context, m sink.Message) sink.Outcome {
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.Timeout, fmt.Errorf("no acknowledgement within %s", s.options.Timeout))
	defer cancel()
	message, err := newMessage(s.options, m)
	if err != nil {
		return sink.Dead{Reason: "the event cannot be put into a message: " + err.Error()}
	}
	return sink.Redact(s.attempt(ctx, message), s.secrets...) // servers explain themselves in their own words
}

func (s *Sink) attempt(ctx context.Context, m *nats.Msg) sink.Outcome {
	l, err := s.connected(ctx)
	if err != nil {
		return sink.Retry{Cause: err}
	}
	return classify(l.publish(ctx, m), m.Subject, s.options.Stream, l.conn.MaxPayload())
}

// Close ends the connection, and what is under way on it.
func (s *Sink) Close() error {
	s.end()
	s.dials.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != nil {
		s.link.conn.Close()
	}
	return nil
}
