// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// refetchPause is waited before fetching is tried again after the queue failed.
const refetchPause = time.Second

// dispatcher delivers to one sink.
type dispatcher struct {
	name    string
	cursor  *queue.Cursor
	sink    sink.Sink
	limits  config.Delivery
	health  *health
	observe Observer
	log     logr.Logger

	stopFetching context.CancelFunc
	stopSending  context.CancelFunc
	workers      sync.WaitGroup
}

// start begins to deliver. stop must follow.
func (d *dispatcher) start() {
	fetching, stopFetching := context.WithCancel(context.Background())
	sending, stopSending := context.WithCancel(context.Background())
	d.stopFetching, d.stopSending = stopFetching, stopSending
	for range d.limits.Concurrency {
		d.workers.Go(func() { d.work(fetching, sending) })
	}
}

// stop fetches nothing more and waits for the attempts under way, which it ends when ctx is done.
func (d *dispatcher) stop(ctx context.Context) {
	d.stopFetching()
	cut := context.AfterFunc(ctx, d.stopSending)
	d.workers.Wait()
	cut()
	d.stopSending()
	if err := d.sink.Close(); err != nil {
		d.log.Error(err, "the sink did not close cleanly")
	}
}

// work delivers one event after the other until fetching is to end.
func (d *dispatcher) work(fetching, sending context.Context) {
	for fetching.Err() == nil {
		next, err := d.cursor.Next(fetching)
		if err == nil {
			d.attempt(sending, next)
			continue
		}
		if fetching.Err() != nil {
			return
		}
		d.failed(err)
		select {
		case <-fetching.Done():
		case <-time.After(refetchPause):
		}
	}
}

// attempt sends one event once and settles what becomes of it.
func (d *dispatcher) attempt(ctx context.Context, next *queue.Delivery) {
	event, err := superoffice.Parse(next.Body)
	if err != nil { // intake stores what it could parse, so this is a leftover of another version
		d.bury(ctx, next, err.Error(), "")
		return
	}
	began := time.Now()
	outcome := d.sink.Send(ctx, sink.Message{Event: event, Header: next.Header})
	if _, failed := outcome.(sink.Retry); failed && ctx.Err() != nil { // cut off by the end of the process, not by the sink
		d.check(next.Retry(0))
		return
	}
	d.observe(d.name, outcome, time.Since(began))
	d.settle(ctx, next, outcome)
}

func (d *dispatcher) settle(ctx context.Context, next *queue.Delivery, outcome sink.Outcome) {
	switch o := outcome.(type) {
	case sink.Delivered:
		if d.health.succeeded() {
			d.log.Info("delivery to the sink works again")
		}
		d.check(next.Ack())
	case sink.Dead: // tells of the event, not of the sink's health
		d.bury(ctx, next, o.Reason, o.Answer)
	case sink.Retry:
		d.failed(o.Cause)
		wait, ok := again(d.limits, next.Attempt, time.Since(next.Since), o.After)
		if !ok {
			d.bury(ctx, next, tooOld(d.limits, next.Attempt, o), "")
			return
		}
		d.check(next.Retry(wait))
	}
}

func tooOld(limits config.Delivery, attempts int, last sink.Retry) string {
	if last.After > 0 {
		return fmt.Sprintf("too old: not delivered within %s, in %d attempts; the last: %v; the sink wanted the next after %s",
			limits.MaxAge.Std(), attempts, last.Cause, last.After)
	}
	return fmt.Sprintf("too old: not delivered within %s, in %d attempts; the last: %v", limits.MaxAge.Std(), attempts, last.Cause)
}

// bury moves an event to the dead letters. While they are full or fail, the event stays in the queue and comes again.
func (d *dispatcher) bury(ctx context.Context, next *queue.Delivery, reason, answer string) {
	if err := next.Bury(ctx, reason, answer); err != nil {
		d.failed(fmt.Errorf("an event that cannot be delivered stays in the queue: %w", err))
		d.check(next.Retry(d.limits.MaxBackoff.Std()))
	}
}

// failed takes note of a failure, and tells of it when the one before was none.
func (d *dispatcher) failed(err error) {
	if d.health.failed(err) {
		d.log.Error(err, "delivery to the sink fails; it is tried again")
	}
}

// check tells of a settlement that did not reach the queue. The event is then delivered again: at least once.
func (d *dispatcher) check(err error) {
	if err != nil {
		d.log.Error(err, "the queue was not told what became of an event; it is delivered again")
	}
}
