// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/delivery"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/tracing"
)

// place is where a webhook lives: alone in a process, or among others.
type place struct {
	options  Options
	file     string // the configuration
	started  time.Time
	observed *observations
	log      logr.Logger
	waits    func(reason string) // is told what keeps the queue from being open; may be nil

	// Among others only.
	name   string
	server *queue.Server
	share  *intake.Share
	paths  paths
}

// paths are those that requests come on. One leads to one webhook.
type paths interface {
	// claim takes a path beside those that the webhook has. The error says who has it already.
	claim(path string) error
	// keep lets go of all others.
	keep(path string)
}

// webhook is everything of one webhook: the configuration in force, the queue, what requests are held against, and who
// delivers.
type webhook struct {
	place
	queue       *queue.Queue
	dispatchers *delivery.Dispatchers
	handler     *intake.Handler
	certificate intake.Certificate // not set where intake speaks no TLS
	tracing     *tracing.Tracing

	reloading sync.Mutex // held while a configuration is put into force
	halfway   bool       // under reloading: that failed the last time

	mu    sync.Mutex // guards state
	state state
}

// openAlone opens the webhook of a process that receives no other. Meanwhile its admin port tells what that waits for.
func openAlone(ctx context.Context, o Options, first *snapshot, adminPort net.Listener) (*webhook, error) {
	p := place{
		options: o, file: o.ConfigFile, started: time.Now().UTC(), observed: &observations{Metrics: metrics.New()}, log: o.Log,
	}
	opening := serveWhileOpening(adminPort, p, first)
	p.waits = opening.waits
	w, err := openWebhook(ctx, first, p)
	opening.end()
	if err != nil {
		return nil, err
	}
	w.observed.CollectStatus(w.Status)
	return w, nil
}

// openWebhook opens the webhook that a checked configuration describes. Nothing is delivered before start.
func openWebhook(ctx context.Context, first *snapshot, p place) (_ *webhook, err error) {
	w := &webhook{place: p}
	if w.queue, err = w.openQueue(ctx, first); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.queue.Close()
		}
	}()
	if w.queue.Shared() { // what is left is delivered by the others, or later
		w.options.DrainTimeout = 0
	}
	w.dispatchers = delivery.New(w.queue, w.observed.Attempted, w.log.WithName("delivery"))
	w.tracing = tracing.New(w.options.Version, w.observed.Traced, w.log.WithName("tracing"))
	w.dispatchers.Trace(w.tracing)
	w.dispatchers.Filtered(w.observed.Filtered)
	w.handler = intake.New(w.queue, w.rules(first), w.observed, w.log.WithName("intake"))
	w.handler.Trace(w.tracing)
	if w.share != nil {
		w.handler.Within(w.share)
	}
	w.observed.Configured(first.names())
	if err = w.showCertificate(first); err != nil {
		return nil, err
	}
	w.state.applied(first)
	w.warn(first)
	return w, nil
}

// start starts the dispatchers before the first event is accepted, so that every event finds the cursors there.
func (w *webhook) start(ctx context.Context) error {
	w.reloading.Lock()
	defer w.reloading.Unlock()
	first := w.snapshot()
	if err := w.tracing.Configure(ctx, first.Tracing); err != nil {
		return err
	}
	return w.dispatchers.Apply(ctx, first.targets(), first.Suspend)
}

func (w *webhook) about() []any {
	now := w.snapshot()
	return []any{"path", now.Intake.Path, "sinks", len(now.Sinks)}
}

func (w *webhook) close() {
	w.queue.Close()
	w.tracing.Close()
}
