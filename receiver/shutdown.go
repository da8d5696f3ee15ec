// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"net/http"
	"time"

	"github.com/superoffice-webhook/operator/receiver/handover"
)

const (
	// answerTimeout is how long requests under way may take to be answered once nothing new is accepted.
	answerTimeout = 10 * time.Second
	// attemptTimeout is how long attempts under way may take once nothing new is sent.
	attemptTimeout = 5 * time.Second
	// handOverPatience is for how long other receivers are looked for in vain.
	handOverPatience = 15 * time.Second
	// drainInterval is how often is looked whether everything was delivered.
	drainInterval = 50 * time.Millisecond
)

// shutDown ends intake first and delivery second, so that what was accepted last is still delivered.
func (r *Receiver) shutDown(ctx context.Context, intakeServer *http.Server) {
	log := r.options.Log
	r.setPhase(stopping)
	log.Info("shutting down: not ready any more", "delay", r.options.ShutdownDelay.String())
	time.Sleep(r.options.ShutdownDelay)

	answering, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := intakeServer.Shutdown(answering); err != nil {
		log.Error(err, "requests under way were cut off")
	}
	_ = r.intakeListener.Close() // where the server never came to serve

	r.reloading.Lock() // no reload starts what is to stop
	defer r.reloading.Unlock()
	r.drain(ctx)
	stopping, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	r.dispatchers.Stop(stopping)
	if r.snapshot().HandOver.URL != "" && !r.queue.Shared() {
		r.handOver(ctx)
	}
	left, _ := r.undelivered(ctx)
	log.Info("shut down", "undelivered", left)
}

// handOver gives what is left to other receivers. Nothing is delivered any more.
func (r *Receiver) handOver(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.options.HandOverTimeout)
	defer cancel()
	now := r.snapshot()
	identity, err := now.identity()
	if err != nil { // it was none of a configuration in force
		r.options.Log.Error(err, "what is left cannot be handed over")
		return
	}
	moved, err := handover.HandOver(ctx, r.queue, handover.Receivers{
		URL:      now.HandOver.URL,
		Secret:   now.secrets.Shared[0].Secret,
		Identity: identity,
		Patience: handOverPatience,
	})
	if err != nil {
		r.options.Log.Error(err, "what is left could not all be handed over to another receiver", "handedOver", moved, "url", now.HandOver.URL)
		return
	}
	r.options.Log.Info("handed over to other receivers", "handedOver", moved)
}

// drain waits until everything is delivered or the time is over.
func (r *Receiver) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.options.DrainTimeout)
	defer cancel()
	tick := time.NewTicker(drainInterval)
	defer tick.Stop()
	for {
		if _, moving := r.undelivered(context.WithoutCancel(ctx)); moving == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// undelivered returns how many deliveries are left, and how many of them are to sinks that are not paused.
func (r *Receiver) undelivered(ctx context.Context) (left, moving int64) {
	reports, err := r.dispatchers.Report(ctx)
	if err != nil {
		r.options.Log.Error(err, "the queue does not tell what is left")
		return -1, 0
	}
	for _, report := range reports {
		left += report.Pending
		if !report.Paused {
			moving += report.Pending
		}
	}
	return left, moving
}
