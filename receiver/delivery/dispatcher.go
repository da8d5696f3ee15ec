// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// reopenPause is waited before fetching is tried again after the engine failed.
const reopenPause = time.Second

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
	done         chan struct{}
}

// start begins to deliver. stop must follow.
func (d *dispatcher) start() {
	fetching, stopFetching := context.WithCancel(context.Background())
	sending, stopSending := context.WithCancel(context.Background())
	d.stopFetching, d.stopSending, d.done = stopFetching, stopSending, make(chan struct{})
	go func() {
		defer close(d.done)
		d.run(fetching, sending)
	}()
}

// stop fetches nothing more and waits for the attempts under way, which it ends when ctx is done.
func (d *dispatcher) stop(ctx context.Context) {
	d.stopFetching()
	cut := context.AfterFunc(ctx, d.stopSending)
	<-d.done
	cut()
	d.stopSending()
	if err := d.sink.Close(); err != nil {
		d.log.Error(err, "the sink did not close cleanly")
	}
}

func (d *dispatcher) run(fetching, sending context.Context) {
	for fetching.Err() == nil {
		err := d.deliver(fetching, sending)
		if err == nil {
			return
		}
		d.log.Error(err, "fetching from the queue failed; it is tried again")
		select {
		case <-fetching.Done():
		case <-time.After(reopenPause):
		}
	}
}

// deliver fetches and sends until fetching is to end.
func (d *dispatcher) deliver(fetching, sending context.Context) error {
	deliveries, err := d.cursor.Deliveries(d.limits.Concurrency)
	if err != nil {
		return err
	}
	defer deliveries.Stop()
	defer context.AfterFunc(fetching, deliveries.Drain)()
	slots := make(chan struct{}, d.limits.Concurrency)
	var attempts sync.WaitGroup
	defer attempts.Wait()
	for {
		next, err := deliveries.Next()
		if errors.Is(err, queue.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if fetching.Err() != nil {
			d.check(next.Retry(0)) // fetched ahead; it is for whoever comes next
			continue
		}
		slots <- struct{}{}
		attempts.Go(func() {
			defer func() { <-slots }()
			d.attempt(sending, next)
		})
	}
}

// attempt sends one event once and settles what becomes of it.
func (d *dispatcher) attempt(ctx context.Context, next *queue.Delivery) {
	event, err := superoffice.Parse(next.Body)
	if err != nil { // intake stores what it could parse, so this is a leftover of another version
		d.check(next.Bury(ctx, err.Error(), ""))
		return
	}
	began := time.Now()
	outcome := d.sink.Send(ctx, sink.Message{Event: event, Header: next.Header})
	if ctx.Err() != nil { // cut off by the end of the process, not by the sink
		d.check(next.Retry(0))
		return
	}
	d.health.record(outcome)
	d.observe(d.name, outcome, time.Since(began))
	d.settle(ctx, next, outcome)
}

func (d *dispatcher) settle(ctx context.Context, next *queue.Delivery, outcome sink.Outcome) {
	switch o := outcome.(type) {
	case sink.Delivered:
		d.check(next.Ack())
	case sink.Dead:
		d.bury(ctx, next, o.Reason, o.Answer)
	case sink.Retry:
		wait := pause(next.Attempt, d.limits.InitialBackoff.Std(), d.limits.MaxBackoff.Std(), o.After)
		if age := time.Since(next.Since) + wait; age > d.limits.MaxAge.Std() {
			d.bury(ctx, next, fmt.Sprintf("not delivered within %s, in %d attempts; the last: %v", d.limits.MaxAge.Std(), next.Attempt, o.Cause), "")
			return
		}
		d.check(next.Retry(wait))
	}
}

// bury moves an event to the dead letters. While they are full or fail, the event stays in the queue and comes again.
func (d *dispatcher) bury(ctx context.Context, next *queue.Delivery, reason, answer string) {
	if err := next.Bury(ctx, reason, answer); err != nil {
		d.log.Error(err, "an event that cannot be delivered stays in the queue")
		d.check(next.Retry(d.limits.MaxBackoff.Std()))
	}
}

// check tells of a settlement that did not reach the queue. The event is then delivered again: at least once.
func (d *dispatcher) check(err error) {
	if err != nil {
		d.log.Error(err, "the queue was not told what became of an event; it is delivered again")
	}
}
