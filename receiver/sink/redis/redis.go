// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Options describe a stream of a Redis server.
type Options struct {
	// Address of the server, host:port. Example: "redis.messaging:6379".
	Address string
	// Stream is the key of the stream. Example: "superoffice".
	Stream string
	// MaxLen is about how many entries the stream keeps (MAXLEN ~). Default 0: all.
	MaxLen int64
	// User of the server's access control list. Default: the server's default user.
	User string
	// Password of the user. Default none.
	Password string
	// Database is the number of the database. Default 0.
	Database int
	// TLS is used when it is set. Default: no TLS.
	TLS *tls.Config
	// AllowLinkLocal lets connections go to link-local and metadata addresses.
	AllowLinkLocal bool
	// Format of the entries.
	Format config.Format
	// Timeout of one attempt, from connecting to the answer. Default 10s.
	Timeout time.Duration
	// Concurrency is how many connections there are at most; as many are kept open. Default 8.
	Concurrency int
}

// Sink is a stream of a Redis server.
type Sink struct {
	options Options
	client  *redis.Client
	dialer  *dialer
	sends   sync.WaitGroup
}

// New makes a sink. It does not connect yet. The error says which option is wrong.
func New(o Options) (*Sink, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	o.Timeout = cmp.Or(o.Timeout, time.Duration(config.DefaultTimeout))
	o.Concurrency = cmp.Or(o.Concurrency, config.DefaultConcurrency)
	logging.Disable() // what fails is in the outcome; the library would tell it to standard error once more
	d := newDialer(o)
	client := redis.NewClient(&redis.Options{
		Addr:                  o.Address,
		Username:              o.User,
		Password:              o.Password,
		DB:                    o.Database,
		Dialer:                d.dial,
		OnConnect:             authenticated,
		DialTimeout:           o.Timeout,
		DialerRetries:         1,
		MaxRetries:            -1, // none: when to try again is not decided here
		ContextTimeoutEnabled: true,
		ReadTimeout:           -1, // none: the context has one
		WriteTimeout:          -1,
		PoolSize:              o.Concurrency,
		PoolTimeout:           2 * o.Timeout, // the context ends sooner
		PipelinePoolSize:      -1,
		// Nothing is asked of the server that a user would need further permissions for.
		Protocol:                 2,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	return &Sink{options: o, client: client, dialer: d}, nil
}

func (o Options) validate() error {
	if host, port, err := net.SplitHostPort(o.Address); err != nil || host == "" || port == "" {
		return errors.New("the address is not like redis:6379")
	}
	switch {
	case o.Stream == "":
		return errors.New("the stream has no name")
	case o.MaxLen < 0:
		return errors.New("the stream's length is negative")
	case o.Database < 0:
		return errors.New("the database's number is negative")
	case o.User != "" && o.Password == "":
		return errors.New("the user has no password")
	}
	return nil
}

// authenticated fails where the server wants a password and none was sent. An event, which is longer than what the server
// takes from strangers, would only make it complain about the protocol and hang up.
func authenticated(ctx context.Context, c *redis.Conn) error {
	if err := c.Ping(ctx).Err(); redis.IsAuthError(err) {
		return err
	}
	return nil // a missing permission to ping, for one, does not matter
}

// Send makes one attempt.
func (s *Sink) Send(ctx context.Context, m sink.Message) sink.Outcome {
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.Timeout, fmt.Errorf("no answer within %s", s.options.Timeout))
	defer cancel()
	entry, err := newEntry(s.options, m)
	if err != nil {
		return sink.Dead{Reason: "the event cannot be put into an entry: " + err.Error()}
	}
	answer := make(chan error, 1)
	s.sends.Go(func() { answer <- s.client.XAdd(ctx, entry).Err() })
	select {
	case err = <-answer:
		if errors.Is(err, os.ErrDeadlineExceeded) {
			<-ctx.Done() // it is this limit that the connection was given
		}
	case <-ctx.Done(): // the library heeds a deadline, and nothing else that ends a context
		err = ctx.Err()
	}
	if err != nil && ctx.Err() != nil {
		return sink.Retry{Cause: fmt.Errorf("send to Redis at %s: %w", s.options.Address, context.Cause(ctx))}
	}
	return classify(err, s.options)
}

// Close ends all connections, and what is under way on them.
func (s *Sink) Close() error {
	s.dialer.close()
	err := s.client.Close()
	s.sends.Wait()
	if err != nil {
		return fmt.Errorf("close the connections to Redis: %w", err)
	}
	return nil
}
