// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"

	"github.com/superoffice-webhook/operator/receiver/admin"
	"github.com/superoffice-webhook/operator/receiver/delivery"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/tracing"
)

// Options say where a receiver finds what it needs.
type Options struct {
	// ConfigFile is the path of the configuration. Files that it names lie in the same folder or below.
	ConfigFile string
	// DataDir is the directory of the queue, unless that is in JetStream. It belongs to one receiver at a time.
	DataDir string
	// BindHost replaces the host in both listen addresses of the configuration; empty: it does not.
	BindHost string
	// ShutdownDelay is for how long events are still accepted after readiness was taken back, so that load balancers
	// can take notice.
	ShutdownDelay time.Duration
	// DrainTimeout is for how long what is in the queue is still delivered after the last event was accepted. A queue in
	// JetStream is left as it is.
	DrainTimeout time.Duration
	// HandOverTimeout is for how long what is left after that is handed over to other receivers, if the configuration
	// names any. It ends sooner when nobody takes anything.
	HandOverTimeout time.Duration
	// Version is told in /status.
	Version string
	// Log is told what an operator should know; never one line per event.
	Log logr.Logger
}

// Receiver is an open receiver. Make it with Open.
type Receiver struct {
	options     Options
	started     time.Time
	queue       *queue.Queue
	dispatchers *delivery.Dispatchers
	handler     *intake.Handler
	certificate intake.Certificate // not set where intake speaks no TLS
	tracing     *tracing.Tracing
	observed    *observations

	intakeListener, adminListener net.Listener

	reloading sync.Mutex // held while a configuration is put into force
	halfway   bool       // under reloading: that failed the last time

	mu    sync.Mutex // guards state
	state state
}

// Open reads the configuration, opens the queue and takes the two ports. Nothing is accepted or delivered before Run,
// which must follow. Every error is one that the operator of the process can put right.
func Open(ctx context.Context, o Options) (_ *Receiver, err error) {
	first, err := readSnapshot(o.ConfigFile)
	if err != nil {
		return nil, err
	}
	if err := first.check(); err != nil {
		return nil, fmt.Errorf("configuration %s: %w", o.ConfigFile, err)
	}
	r := &Receiver{options: o, started: time.Now().UTC(), observed: &observations{Metrics: metrics.New()}}
	if r.adminListener, err = net.Listen("tcp", bind(first.Admin.Address, o.BindHost)); err != nil {
		return nil, fmt.Errorf("admin.address: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.adminListener.Close())
		}
	}()
	opening := r.serveWhileOpening(first)
	r.queue, err = openQueue(ctx, o, first, opening.waits)
	opening.end()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.queue.Close()
		}
	}()
	if r.queue.Shared() { // what is left is delivered by the others, or later
		r.options.DrainTimeout = 0
	}
	r.dispatchers = delivery.New(r.queue, r.observed.Attempted, o.Log.WithName("delivery"))
	r.tracing = tracing.New(o.Version, r.observed.Traced, o.Log.WithName("tracing"))
	r.dispatchers.Trace(r.tracing)
	r.dispatchers.Filtered(r.observed.Filtered)
	r.handler = intake.New(r.queue, r.rules(first), r.observed, o.Log.WithName("intake"))
	r.handler.Trace(r.tracing)
	r.observed.CollectStatus(r.Status)
	r.observed.Configured(first.names())
	if err = r.showCertificate(first); err != nil {
		return nil, err
	}
	r.state.applied(first)
	r.warn(first)
	if r.intakeListener, err = net.Listen("tcp", bind(first.Intake.Address, o.BindHost)); err != nil {
		return nil, fmt.Errorf("intake.address: %w", err)
	}
	return r, nil
}

// IntakeAddress is where events are accepted, host:port.
func (r *Receiver) IntakeAddress() string { return r.intakeListener.Addr().String() }

// AdminAddress is where the admin handler listens, host:port.
func (r *Receiver) AdminAddress() string { return r.adminListener.Addr().String() }

// Run receives and delivers until ctx ends, and then ends in order: readiness off, nothing accepted any more, what is
// stored delivered as far as time allows, the queue closed. What is left stays in the queue's directory. It returns nil
// after an end in order.
func (r *Receiver) Run(ctx context.Context) error {
	adminServer := admin.NewServer(admin.NewHandler(r, r.queue, &r.observed.feed, r.observed.Registry))
	intakeServer := r.intakeServer()
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return serve(adminServer, r.adminListener) })
	group.Go(func() error {
		err := r.deliver(running)
		switch {
		case err == nil:
			return serve(intakeServer, intake.Limit(intakeServer, r.intakeListener, intake.MaxConnections))
		case running.Err() != nil: // to end before it began, which is an end in order
			return nil
		default:
			return errors.Join(err, r.intakeListener.Close())
		}
	})
	group.Go(func() error {
		return watch(running, filepath.Dir(r.options.ConfigFile), func() { r.reload(running) })
	})
	group.Go(func() error {
		<-running.Done()
		r.shutDown(context.WithoutCancel(ctx), intakeServer)
		_ = adminServer.Close()
		r.queue.Close()
		r.tracing.Close()
		return nil
	})
	return group.Wait()
}

// deliver starts the dispatchers before the first event is accepted, so that every event finds the cursors there.
func (r *Receiver) deliver(ctx context.Context) error {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	first := r.snapshot()
	if err := r.tracing.Configure(ctx, first.Tracing); err != nil {
		return err
	}
	if err := r.dispatchers.Apply(ctx, first.targets(), first.Suspend); err != nil {
		return err
	}
	r.setPhase(ready)
	r.options.Log.Info("receiving", "intake", r.IntakeAddress(), "path", first.Intake.Path,
		"admin", r.AdminAddress(), "sinks", len(first.Sinks))
	return nil
}

func (r *Receiver) intakeServer() *http.Server {
	s := intake.NewServer(r.handler, r.options.Log.WithName("intake"))
	if r.snapshot().Intake.TLS != nil {
		intake.Encrypt(s, &r.certificate)
	}
	return s
}

func serve(s *http.Server, l net.Listener) error {
	run := s.Serve
	if s.TLSConfig != nil {
		run = func(l net.Listener) error { return s.ServeTLS(l, "", "") }
	}
	if err := run(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	}
	return nil
}
