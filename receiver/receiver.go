// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"

	"github.com/superoffice-webhook/operator/receiver/admin"
	"github.com/superoffice-webhook/operator/receiver/intake"
)

// Options say where a receiver finds what it needs.
type Options struct {
	// ConfigFile is the path of the configuration of one webhook. Files that it names lie in the same folder or below.
	ConfigFile string
	// ConfigDir, in place of ConfigFile, has a folder for each of many webhooks, in which the configuration is called
	// receiver.yaml. Folders may come and go while the receiver runs.
	ConfigDir string
	// DataDir is the directory of the queue, unless that is in JetStream. It belongs to one receiver at a time.
	DataDir string
	// IntakeAddress and AdminAddress are where to listen, host:port, with ConfigDir. With ConfigFile, that file says it.
	IntakeAddress, AdminAddress string
	// BindHost replaces the host in both listen addresses; empty: it does not.
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

// Receiver is an open receiver: a process with its two servers, and behind them one webhook or a pool of many. Make it with
// Open.
type Receiver struct {
	options Options
	behind  served
	watched string // the folder with the configuration

	intakeServer, adminServer     *http.Server
	intakeListener, adminListener net.Listener
}

// served is what the servers of a receiver lead to: one webhook, or a pool of many.
type served interface {
	admin.Process
	// start begins to deliver, before the first event is accepted.
	start(ctx context.Context) error
	// about says in the log what is received.
	about() []any
	// reload takes over what changed in the files.
	reload(ctx context.Context)
	setPhase(p phase)
	// end delivers what is left, and hands it over. Nothing is accepted any more.
	end(ctx context.Context)
	close()
}

// Open reads the configuration, opens the queue and takes the two ports. Nothing is accepted or delivered before Run,
// which must follow. Every error is one that the operator of the process can put right.
func Open(ctx context.Context, o Options) (*Receiver, error) {
	if o.ConfigDir != "" {
		return openMany(o)
	}
	return openOne(ctx, o)
}

func openOne(ctx context.Context, o Options) (*Receiver, error) {
	first, err := readSnapshot(o.ConfigFile, "")
	if err != nil {
		return nil, err
	}
	if err := first.check(); err != nil {
		return nil, fmt.Errorf("configuration %s: %w", o.ConfigFile, err)
	}
	r := &Receiver{options: o, watched: filepath.Dir(o.ConfigFile)}
	if r.adminListener, err = r.listen("admin.address", first.Admin.Address); err != nil {
		return nil, err
	}
	w, err := openAlone(ctx, o, first, r.adminListener)
	if err != nil {
		return nil, errors.Join(err, r.adminListener.Close())
	}
	r.behind = w
	r.intakeServer = intake.NewServer(w.handler, o.Log.WithName("intake"))
	r.adminServer = admin.NewServer(admin.NewHandler(w, w.queue, &w.observed.feed, w.observed.Registry))
	if first.Intake.TLS != nil {
		intake.Encrypt(r.intakeServer, &w.certificate)
	}
	if r.intakeListener, err = r.listen("intake.address", first.Intake.Address); err != nil {
		w.close()
		return nil, errors.Join(err, r.adminListener.Close())
	}
	return r, nil
}

func openMany(o Options) (_ *Receiver, err error) {
	r := &Receiver{options: o, watched: o.ConfigDir}
	if r.adminListener, err = r.listen("--admin-address", o.AdminAddress); err != nil {
		return nil, err
	}
	if r.intakeListener, err = r.listen("--intake-address", o.IntakeAddress); err != nil {
		return nil, errors.Join(err, r.adminListener.Close())
	}
	p, err := openPool(o)
	if err != nil {
		return nil, errors.Join(err, r.intakeListener.Close(), r.adminListener.Close())
	}
	r.behind = p
	r.intakeServer = intake.NewServer(p.intakeHandler(), o.Log.WithName("intake"))
	r.adminServer = admin.NewServer(admin.NewPoolHandler(p, p.metrics, p.adminHandler()))
	return r, nil
}

// listen takes a port; the setting that says which is named for whoever has to change it.
func (r *Receiver) listen(setting, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", bind(address, r.options.BindHost))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return l, nil
}

// IntakeAddress is where events are accepted, host:port.
func (r *Receiver) IntakeAddress() string { return r.intakeListener.Addr().String() }

// AdminAddress is where the admin handler listens, host:port.
func (r *Receiver) AdminAddress() string { return r.adminListener.Addr().String() }

// Ready says why events are not accepted and stored right now; nil while they are.
func (r *Receiver) Ready(ctx context.Context) error { return r.behind.Ready(ctx) }

// Run receives and delivers until ctx ends, and then ends in order: readiness off, nothing accepted any more, what is
// stored delivered as far as time allows, the queue closed. What is left stays in the queue's directory. It returns nil
// after an end in order.
func (r *Receiver) Run(ctx context.Context) error {
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return serve(r.adminServer, r.adminListener) })
	group.Go(func() error { return r.receive(running) })
	group.Go(func() error { return watch(running, r.watched, func() { r.behind.reload(running) }) })
	group.Go(func() error {
		<-running.Done()
		r.shutDown(context.WithoutCancel(ctx))
		_ = r.adminServer.Close()
		r.behind.close()
		return nil
	})
	return group.Wait()
}

// receive accepts events once they can be delivered.
func (r *Receiver) receive(ctx context.Context) error {
	err := r.behind.start(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil: // to end before it began, which is an end in order
		return nil
	default:
		return errors.Join(err, r.intakeListener.Close())
	}
	r.behind.setPhase(ready)
	r.options.Log.Info("receiving", append([]any{"intake", r.IntakeAddress(), "admin", r.AdminAddress()}, r.behind.about()...)...)
	return serve(r.intakeServer, intake.Limit(r.intakeServer, r.intakeListener, intake.MaxConnections))
}

// shutDown ends intake first and delivery second, so that what was accepted last is still delivered.
func (r *Receiver) shutDown(ctx context.Context) {
	log := r.options.Log
	r.behind.setPhase(stopping)
	log.Info("shutting down: not ready any more", "delay", r.options.ShutdownDelay.String())
	time.Sleep(r.options.ShutdownDelay)

	answering, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := r.intakeServer.Shutdown(answering); err != nil {
		log.Error(err, "requests under way were cut off")
	}
	_ = r.intakeListener.Close() // where the server never came to serve
	r.behind.end(ctx)
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

// bind replaces the host of an address, where there is one to replace it by.
func bind(address, host string) string {
	if host == "" {
		return address
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return address // which listening will refuse
	}
	return net.JoinHostPort(host, port)
}
