// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/time/rate"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/filter"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/receiver/tracing"
)

// refetchPause is waited before fetching is tried again after the queue failed.
const refetchPause = time.Second

// dispatcher delivers to one sink.
type dispatcher struct {
	name     string
	sink     sink.Sink
	limits   config.Delivery
	filter   *filter.Filter // nil: everything passes
	source   source
	lanes    *lanes // the source of a sink that wants order, else nil
	circuit  *circuit
	turns    *turns
	rate     *rate.Limiter
	health   *health
	observe  Observer
	filtered Filtered         // nil: nobody is told
	tracing  *tracing.Tracing // nil: none
	log      logr.Logger

	stopFetching context.CancelFunc
	stopSending  context.CancelFunc
	workers      sync.WaitGroup
}

func newDispatcher(c config.Sink, cursor *queue.Cursor, s sink.Sink, h *health, observe Observer, log logr.Logger) (*dispatcher, error) {
	d := &dispatcher{
		name: c.Name, sink: s, limits: c.Delivery, source: unordered{cursor}, circuit: newCircuit(c.Delivery.Circuit),
		turns: newTurns(c.Delivery.Concurrency, runtime.GOMAXPROCS(0)),
		rate:  newLimiter(c.Delivery), health: h, observe: observe, log: log.WithValues("sink", c.Name),
	}
	if c.Delivery.Order == config.PerRecord {
		d.lanes = newLanes(cursor)
		d.source = d.lanes
	}
	if c.Filter != "" {
		var err error
		if d.filter, err = filter.Compile(c.Filter); err != nil {
			return nil, fmt.Errorf("filter: %w", err)
		}
	}
	return d, nil
}

// newLimiter spreads attempts over each second, save that workers which were idle may begin together.
func newLimiter(limits config.Delivery) *rate.Limiter {
	if limits.PerSecond == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(limits.PerSecond), min(limits.PerSecond, limits.Concurrency))
}

// start begins to deliver. stop must follow.
func (d *dispatcher) start() {
	fetching, stopFetching := context.WithCancel(context.Background())
	sending, stopSending := context.WithCancel(context.Background())
	d.stopFetching, d.stopSending = stopFetching, stopSending
	if d.lanes != nil {
		d.workers.Go(func() { d.persist(fetching, d.lanes.fill) })
	}
	for range d.limits.Concurrency {
		d.workers.Go(func() {
			d.persist(fetching, func(fetching context.Context) error { return d.work(fetching, sending) })
		})
	}
}

// stop fetches nothing more and waits for the attempts under way, which it ends when ctx is done.
func (d *dispatcher) stop(ctx context.Context) {
	d.stopFetching()
	cut := context.AfterFunc(ctx, d.stopSending)
	d.workers.Wait()
	cut()
	d.stopSending()
	d.source.close()
	if err := d.sink.Close(); err != nil {
		d.log.Error(err, "the sink did not close cleanly")
	}
}

// persist does something that ends only when the queue fails, again and again until fetching is to end. The queue tells of its
// failures by itself.
func (d *dispatcher) persist(fetching context.Context, do func(context.Context) error) {
	for fetching.Err() == nil {
		_ = do(fetching)
		select {
		case <-fetching.Done():
		case <-time.After(refetchPause):
		}
	}
}

// work delivers one event after the other until there is none to be had.
func (d *dispatcher) work(fetching, sending context.Context) error {
	for {
		if err := d.once(fetching, sending); err != nil {
			return err
		}
	}
}

// once waits for an event and delivers it.
func (d *dispatcher) once(fetching, sending context.Context) error {
	taken := d.turns.take(fetching)
	if taken {
		defer d.turns.end()
	}
	if err := d.circuit.pass(fetching); err != nil {
		return err
	}
	j, err := d.source.next(fetching)
	if err != nil {
		d.circuit.unused()
		return err
	}
	d.deliver(fetching, sending, j)
	return nil
}

// deliver tries one event once, if it is to be tried at all, and settles what becomes of it. The circuit was passed.
func (d *dispatcher) deliver(fetching, ctx context.Context, j *job) {
	wanted, err := d.wants(ctx, j)
	switch {
	case err != nil && ctx.Err() != nil: // the filter was cut off by the end of the process
		d.circuit.unused()
		d.check(d.source.postpone(j, 0))
		return
	case err != nil:
		d.circuit.unused()
		d.bury(ctx, j, queue.Shorten(err.Error(), maxText), "") // which may name a key of any length
		return
	case !wanted:
		d.circuit.unused()
		if d.filtered != nil {
			d.filtered(d.name)
		}
		d.end(j, j.Ack())
		return
	}
	if reason := d.hopeless(j); reason != "" {
		d.circuit.unused()
		j.Attempt-- // this one is not made
		d.bury(ctx, j, reason, "")
		return
	}
	began := time.Now()
	outcome, cut := d.attempt(fetching, ctx, j)
	if cut {
		d.circuit.unused()
		d.check(d.source.postpone(j, 0))
		return
	}
	took := time.Since(began)
	d.turns.answered(took)
	d.observe(Attempt{Sink: d.name, Outcome: outcome, Took: took, Event: j.event, Number: j.Attempt})
	d.settle(ctx, j, outcome)
}

// hopeless says why an event is not tried any more; empty: it is. One whose time is over gets its last attempt all the same,
// as the clock may have jumped, but not at a sink that is down: there is one attempt now and then for all that wait.
func (d *dispatcher) hopeless(j *job) string {
	made := j.Attempt - 1
	if _, ok := again(d.limits, made, time.Since(j.Since), 0); ok || !d.circuit.isOpen() {
		return ""
	}
	return writtenOff(d.limits, made, d.health.lastAttempt())
}

// wants tells whether the sink is to get the event. The error says why the event can never be sent, unless ctx is done.
func (d *dispatcher) wants(ctx context.Context, j *job) (bool, error) {
	if j.unreadable != nil {
		return false, j.unreadable
	}
	if d.filter == nil {
		return true, nil
	}
	event, err := superoffice.Parse(j.Body) // a filter may ask for columns
	if err != nil {
		return false, err
	}
	passes, err := d.filter.Match(ctx, event)
	if err != nil {
		return false, fmt.Errorf("the filter has no value for this event: %w", err)
	}
	return passes, nil
}

// attempt sends the event once. An attempt that was cut off by the end of the process says nothing about the sink. One that still
// waits for its time when nothing more is fetched is not begun: at a low rate, many would hold up whoever stops the sink.
func (d *dispatcher) attempt(fetching, ctx context.Context, j *job) (outcome sink.Outcome, cut bool) {
	if err := d.rate.Wait(fetching); err != nil {
		return nil, true
	}
	span := d.tracing.Attempted(j.Trace, d.name, j.Attempt, time.Since(j.Since), j.event)
	outcome = brief(d.sink.Send(ctx, sink.Message{Event: j.event, Header: j.Header, Trace: traceOf(span, j)}))
	span.Ended(describe(outcome))
	_, failed := outcome.(sink.Retry)
	return outcome, failed && ctx.Err() != nil
}

// traceOf is empty where nothing is traced.
func traceOf(span *tracing.Span, j *job) sink.Trace {
	if span == nil {
		return sink.Trace{}
	}
	return sink.Trace{Attempt: span.Parent(), Receipt: j.Trace}
}

func (d *dispatcher) settle(ctx context.Context, j *job, outcome sink.Outcome) {
	_, failed := outcome.(sink.Retry)
	d.circuit.result(!failed)
	switch o := outcome.(type) {
	case sink.Delivered:
		if d.health.succeeded() {
			d.log.Info("delivery to the sink works again")
		}
		d.end(j, j.Ack())
	case sink.Dead: // tells of the event; of the sink only that it answers
		if d.health.attempted(nil) {
			d.log.Info("the sink answers again")
		}
		d.bury(ctx, j, o.Reason, o.Answer)
	case sink.Retry:
		if d.health.attempted(o.Cause) {
			d.log.Error(o.Cause, "delivery to the sink fails; it is tried again")
		}
		wait, ok := again(d.limits, j.Attempt, time.Since(j.Since), o.After)
		if !ok {
			d.bury(ctx, j, gaveUp(d.limits, j.Attempt, o), "")
			return
		}
		d.check(d.source.postpone(j, wait))
	}
}

// bury moves an event to the dead letters. While they are full or fail, the event stays in the queue and comes again.
func (d *dispatcher) bury(ctx context.Context, j *job, reason, answer string) {
	err := j.Bury(ctx, reason, answer)
	if err != nil {
		err = fmt.Errorf("an event that cannot be delivered stays in the queue: %w", err)
	}
	switch changed := d.health.buried(err); {
	case changed && err != nil:
		d.log.Error(err, "there is no dead letter; it is tried again")
	case changed:
		d.log.Info("events become dead letters again")
	}
	if err != nil {
		d.check(d.source.postpone(j, d.limits.MaxBackoff.Std()))
		return
	}
	d.end(j, nil)
}

// end lets go of an event that the sink has, or never gets.
func (d *dispatcher) end(j *job, err error) {
	d.check(err)
	d.source.ended(j)
}

// check tells of a settlement that did not reach the queue. The event is then delivered again: at least once.
func (d *dispatcher) check(err error) {
	if err != nil {
		d.log.Error(err, "the queue was not told what became of an event; it is delivered again")
	}
}
