// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/nats-io/nats.go"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/natsaccess"
)

const (
	// connectionName is what the servers' administrators see.
	connectionName = "superoffice-webhook-receiver"
	// connectTimeout is how long a cluster may be away when a queue is opened: not as long as kubelet waits for a receiver
	// to start. After that the process ends, and kubelet starts it again.
	connectTimeout = 4 * time.Minute
	// askTimeout is how long a cluster may take to open the streams before it is asked again. A question is lost while there
	// is no leader to hear it.
	askTimeout = 3 * time.Second
	// dialTimeout is how long one server may take to answer before another is tried.
	dialTimeout = 2 * time.Second
	// reconnectWait is how long is waited before the same server is tried again.
	reconnectWait = 250 * time.Millisecond
	// headerRoom is what headers of a message may take beside its body.
	headerRoom = 64 << 10
	// pingInterval is how often a server is asked whether it is still there. One that is silent twice is given up.
	pingInterval = 5 * time.Second
)

// cluster is how to get to the servers of an engine that is not inside this process.
type cluster struct {
	access atomic.Pointer[natsaccess.Access]
}

// Connect opens the queue that all receivers with the same prefix share, in a NATS JetStream system that is there already.
// It makes the two streams, or takes those that are there when they are this queue's. It waits for a cluster that is
// away, for a while, and tells waits, unless that is nil, what it waits for. Later on, nothing can be stored while it is away, and everything goes on when it is back.
func Connect(ctx context.Context, access natsaccess.Access, cfg config.Queue, log logr.Logger, waits func(reason string)) (_ *Queue, err error) {
	if err := access.Validate(); err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	e, err := connectEngine(access, log)
	if err != nil {
		return nil, err
	}
	q := &Queue{engine: e, log: log, names: newNames(cfg.JetStream.Prefix), cursors: map[string]*Cursor{}}
	defer func() {
		if err != nil {
			e.stop()
		}
	}()
	if err = q.use(e.conn); err != nil {
		return nil, err
	}
	if err = q.await(ctx, cfg, waits); err != nil {
		return nil, err
	}
	q.startTrimmer()
	return q, nil
}

func connectEngine(access natsaccess.Access, log logr.Logger) (*engine, error) {
	c := &cluster{}
	c.access.Store(&access)
	options := append(natsaccess.Options(func() natsaccess.Access { return *c.access.Load() }),
		nats.Name(connectionName),
		nats.Timeout(dialTimeout),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectBufSize(-1), // what cannot be sent now is refused now, and not sent when nobody waits for it any more
		nats.IgnoreAuthErrorAbort(),
		nats.PingInterval(pingInterval),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Error(err, "the connection to NATS is lost; it is made anew")
			}
		}),
		nats.ReconnectHandler(func(conn *nats.Conn) { log.Info("connected to NATS", "server", conn.ConnectedAddr()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Error(err, "NATS complains") }),
	)
	conn, err := nats.Connect(access.Servers(), options...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS at %s: %w", access.Hosts(), natsaccess.Explain(err))
	}
	return &engine{conn: conn, cluster: c}, nil
}

// await opens the streams as soon as the cluster lets it.
func (q *Queue) await(ctx context.Context, cfg config.Queue, waits func(reason string)) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	told := ""
	for {
		err := q.engine.reachable()
		if err == nil {
			err = q.configureWithin(ctx, askTimeout, cfg)
		}
		if err == nil || errors.Is(err, ErrForeignStream) {
			return err
		}
		if told != err.Error() && ctx.Err() == nil {
			told = err.Error()
			q.log.Info("waiting for the queue: " + told)
			if waits != nil {
				waits(told)
			}
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(reconnectWait):
		}
	}
}

func (q *Queue) configureWithin(ctx context.Context, timeout time.Duration, cfg config.Queue) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return q.Configure(ctx, cfg)
}

// missing says that there is no connection.
func (c *cluster) missing(last error) error {
	return fmt.Errorf("not connected to NATS at %s: %w", c.access.Load().Hosts(), natsaccess.Explain(last))
}

// Shared tells whether other receivers have the same queue.
func (q *Queue) Shared() bool { return q.engine.cluster != nil }

// SetAccess gives the queue of a cluster changed credentials and certificates, which the next connection uses. The rest
// must be as it was.
func (q *Queue) SetAccess(access natsaccess.Access) { q.engine.cluster.access.Store(&access) }

// MaxBody is the longest body that the engine can store.
func (q *Queue) MaxBody() int64 { return q.engine.conn.MaxPayload() - headerRoom }
