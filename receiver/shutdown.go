// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"net/http"
	"time"
)

const (
	// answerTimeout is how long requests under way may take to be answered once nothing new is accepted.
	answerTimeout = 10 * time.Second
	// attemptTimeout is how long attempts under way may take once nothing new is sent.
	attemptTimeout = 5 * time.Second
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
	left := r.drain(ctx)
	stopping, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	r.dispatchers.Stop(stopping)
	log.Info("shut down", "undelivered", left)
}

// drain waits until everything is delivered or the time is over, and returns how many deliveries are left.
func (r *Receiver) drain(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, r.options.DrainTimeout)
	defer cancel()
	tick := time.NewTicker(drainInterval)
	defer tick.Stop()
	for {
		reports, err := r.dispatchers.Report(context.WithoutCancel(ctx))
		if err != nil {
			r.options.Log.Error(err, "the queue does not tell what is left")
			return -1
		}
		var left, moving int64
		for _, report := range reports {
			left += report.Pending
			if !report.Suspended {
				moving += report.Pending
			}
		}
		if moving == 0 {
			return left
		}
		select {
		case <-ctx.Done():
			return left
		case <-tick.C:
		}
	}
}
