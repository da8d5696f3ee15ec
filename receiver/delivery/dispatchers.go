// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/receiver/tracing"
)

// Observer is told of every attempt.
type Observer func(Attempt)

// Attempt is one attempt to deliver.
type Attempt struct {
	Sink    string
	Outcome sink.Outcome
	Took    time.Duration
	// Event that was to be delivered. It must not be kept.
	Event *superoffice.Event
	// Number of the attempt, from 1.
	Number int
}

// Filtered is told of every event that a sink's filter does not let through.
type Filtered func(sinkName string)

// Target is one sink with all that decides how it is delivered to.
type Target struct {
	// Config of the sink.
	Config config.Sink
	// Events that the sink gets to see.
	Events []string
	// Secrets are the values behind the sink's references. They count when it is compared with its former self.
	Secrets any
	// Open makes the sink. The error says what is wrong with its configuration or its secrets.
	Open func() (sink.Sink, error)
}

// Dispatchers deliver to all sinks, one dispatcher each.
type Dispatchers struct {
	queue    *queue.Queue
	observe  Observer
	filtered Filtered         // nil: nobody is told
	tracing  *tracing.Tracing // nil: none
	log      logr.Logger

	changing sync.Mutex // held by Apply and Stop from beginning to end

	mu      sync.Mutex // guards running, and the fields of what is in it
	running map[string]*running
}

// running is one sink with what was made for it.
type running struct {
	target     Target
	paused     bool // suspended, or waiting for something
	cursor     *queue.Cursor
	dispatcher *dispatcher // nil while it is paused or did not start
	health     *health
}

// New makes dispatchers for a queue; none runs before Apply.
func New(q *queue.Queue, observe Observer, log logr.Logger) *Dispatchers {
	return &Dispatchers{queue: q, observe: observe, log: log, running: map[string]*running{}}
}

// Filtered has f be told of events that filters do not let through. It must come before Apply.
func (d *Dispatchers) Filtered(f Filtered) { d.filtered = f }

// Trace has attempts be told of. It must come before Apply.
func (d *Dispatchers) Trace(t *tracing.Tracing) { d.tracing = t }

// Apply makes exactly these targets be delivered to, or, when suspended, none of them while their cursors stay. The same goes
// for a single target that waits for something. A target that did not change goes on undisturbed. A changed one is stopped,
// which waits for its attempts under way, until ctx is done at most, and is started anew. The cursor of a sink that is
// configured no more is removed. All sinks are changed at the same time, so that none waits for another; the error tells of
// each that could not be, and Apply can be repeated.
func (d *Dispatchers) Apply(ctx context.Context, targets []Target, suspended bool) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	var changes []func() error
	for _, name := range d.queue.Sinks() {
		if !slices.ContainsFunc(targets, func(t Target) bool { return t.Config.Name == name }) {
			changes = append(changes, func() error { return d.remove(ctx, name) })
		}
	}
	for _, t := range targets {
		changes = append(changes, func() error { return d.apply(ctx, t, suspended) })
	}
	problems := make([]error, len(changes))
	var all sync.WaitGroup
	for i, change := range changes {
		all.Go(func() { problems[i] = change() })
	}
	all.Wait()
	return errors.Join(problems...)
}

func (d *Dispatchers) remove(ctx context.Context, name string) error {
	if r := d.get(name); r != nil {
		d.halt(ctx, r)
	}
	d.mu.Lock()
	delete(d.running, name)
	d.mu.Unlock()
	return d.queue.RemoveCursor(ctx, name)
}

func (d *Dispatchers) apply(ctx context.Context, t Target, suspended bool) error {
	name := t.Config.Name
	paused := suspended || t.Config.WaitingFor != ""
	next := &running{target: t, paused: paused, health: &health{}}
	if r := d.get(name); r != nil {
		if same(r.target, t) && r.paused == paused && (r.dispatcher == nil) == paused {
			return nil
		}
		d.halt(ctx, r)
		next.health = r.health
	}
	var err error
	if next.cursor, err = d.queue.Cursor(ctx, t.Config, t.Events); err != nil {
		return fmt.Errorf("deliver to sink %q: %w", name, err)
	}
	if !paused {
		if next.dispatcher, err = d.open(t, next); err != nil {
			return fmt.Errorf("deliver to sink %q: %w", name, err)
		}
		next.dispatcher.start()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running[name] = next
	return nil
}

func (d *Dispatchers) open(t Target, r *running) (*dispatcher, error) {
	s, err := t.Open()
	if err != nil {
		return nil, err
	}
	opened, err := newDispatcher(t.Config, r.cursor, s, r.health, d.observe, d.log)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	opened.tracing, opened.filtered = d.tracing, d.filtered
	return opened, nil
}

func same(a, b Target) bool {
	return reflect.DeepEqual(a.Config, b.Config) && slices.Equal(a.Events, b.Events) && reflect.DeepEqual(a.Secrets, b.Secrets)
}

func (d *Dispatchers) get(name string) *running {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running[name]
}

// halt stops the dispatcher of a sink, if there is one.
func (d *Dispatchers) halt(ctx context.Context, r *running) {
	if r.dispatcher == nil {
		return
	}
	r.dispatcher.stop(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	r.dispatcher = nil
}

// Stop stops all dispatchers at once and waits for the attempts under way, which it ends when ctx is done.
func (d *Dispatchers) Stop(ctx context.Context) {
	d.changing.Lock()
	defer d.changing.Unlock()
	var all sync.WaitGroup
	for _, r := range d.all() {
		all.Go(func() { d.halt(ctx, r) })
	}
	all.Wait()
}

func (d *Dispatchers) all() []*running {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.running))
}

// Report is how one sink fares.
type Report struct {
	Name string
	// Paused tells that nothing is tried, because delivery is suspended or the sink waits for something.
	Paused bool
	// WaitingFor is what the sink waits for.
	WaitingFor string
	// CircuitOpen tells that the sink is down and only probed.
	CircuitOpen bool
	// Unfetched is why the queue hands out no events for the sink, which is not the sink's fault; nil while it does.
	Unfetched error
	Health
	queue.Backlog
}

// Report tells how each sink fares, sorted by name. It does not wait for changes under way.
func (d *Dispatchers) Report(ctx context.Context) ([]Report, error) {
	reports := []Report{}
	for _, r := range d.all() {
		backlog, err := r.cursor.Backlog(ctx)
		if err != nil {
			if d.get(r.target.Config.Name) == nil { // removed in the meantime
				continue
			}
			return nil, err
		}
		reports = append(reports, Report{
			Name: r.target.Config.Name, Paused: r.paused, WaitingFor: r.target.Config.WaitingFor, CircuitOpen: d.circuitOpen(r),
			Unfetched: r.cursor.Failure(), Health: r.health.get(), Backlog: backlog,
		})
	}
	slices.SortFunc(reports, func(a, b Report) int { return strings.Compare(a.Name, b.Name) })
	return reports, nil
}

func (d *Dispatchers) circuitOpen(r *running) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return r.dispatcher != nil && r.dispatcher.circuit.isOpen()
}
