// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
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

// end delivers what is left, as far as time allows, and hands the rest over. Nothing is accepted any more.
func (w *webhook) end(ctx context.Context) {
	w.reloading.Lock() // no reload starts what is to stop
	defer w.reloading.Unlock()
	w.deliverRest(ctx)
	if w.snapshot().HandOver.URL != "" && !w.queue.Shared() {
		w.handOver(ctx)
	}
	left, _ := w.undelivered(ctx)
	w.log.Info("shut down", "undelivered", left)
}

// deliverRest delivers for a while, or until ctx ends, and then not any more.
func (w *webhook) deliverRest(ctx context.Context) {
	w.drain(ctx)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), attemptTimeout)
	defer cancel()
	w.dispatchers.Stop(stopping)
}

// handOver gives what is left to other receivers. Nothing is delivered any more.
func (w *webhook) handOver(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, w.options.HandOverTimeout)
	defer cancel()
	now := w.snapshot()
	identity, err := now.identity()
	if err != nil { // it was none of a configuration in force
		w.log.Error(err, "what is left cannot be handed over")
		return
	}
	moved, err := handover.HandOver(ctx, w.queue, handover.Receivers{
		URL:        now.HandOver.URL,
		Secret:     now.secrets.Shared[0].Secret,
		Generation: now.HandOver.Generation,
		Identity:   identity,
		Patience:   handOverPatience,
	})
	if err != nil {
		w.log.Error(err, "what is left could not all be handed over to another receiver", "handedOver", moved, "url", now.HandOver.URL)
		return
	}
	w.log.Info("handed over to other receivers", "handedOver", moved)
}

// drain waits until everything is delivered or the time is over.
func (w *webhook) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, w.options.DrainTimeout)
	defer cancel()
	tick := time.NewTicker(drainInterval)
	defer tick.Stop()
	for {
		if _, moving := w.undelivered(context.WithoutCancel(ctx)); moving == 0 {
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
func (w *webhook) undelivered(ctx context.Context) (left, moving int64) {
	reports, err := w.dispatchers.Report(ctx)
	if err != nil {
		w.log.Error(err, "the queue does not tell what is left")
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
