// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Observer is told of every attempt.
type Observer func(sinkName string, outcome sink.Outcome, took time.Duration)

// Target is one sink with all that decides how it is delivered to.
type Target struct {
	// Config of the sink.
	Config config.Sink
	// Events that the sink gets to see.
	Events []string
	// Secrets are the values behind the sink's references. They count when it is compared with its former self.
	Secrets any
	// Open makes the sink.
	Open func() sink.Sink
}

// Dispatchers deliver to all sinks, one dispatcher each.
type Dispatchers struct {
	queue   *queue.Queue
	observe Observer
	log     logr.Logger

	mu      sync.Mutex
	running map[string]*running
	health  map[string]*health
}

// running is a dispatcher with the target that it was started for.
type running struct {
	target     Target
	dispatcher *dispatcher // nil while suspended
	cursor     *queue.Cursor
}

// New makes dispatchers for a queue; none runs before Apply.
func New(q *queue.Queue, observe Observer, log logr.Logger) *Dispatchers {
	return &Dispatchers{queue: q, observe: observe, log: log, running: map[string]*running{}, health: map[string]*health{}}
}

// Apply makes exactly these targets be delivered to, or, when suspended, none of them while their cursors stay. A target
// that did not change goes on undisturbed. A changed one is stopped, which waits for its attempts under way, and started
// anew. The cursor of a sink that is configured no more is removed.
func (d *Dispatchers) Apply(ctx context.Context, targets []Target, suspended bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range d.queue.Sinks() {
		if slices.ContainsFunc(targets, func(t Target) bool { return t.Config.Name == name }) {
			continue
		}
		d.halt(ctx, name)
		delete(d.running, name)
		delete(d.health, name)
		if err := d.queue.RemoveCursor(ctx, name); err != nil {
			return err
		}
	}
	for _, t := range targets {
		if err := d.apply(ctx, t, suspended); err != nil {
			return fmt.Errorf("deliver to sink %q: %w", t.Config.Name, err)
		}
	}
	return nil
}

func (d *Dispatchers) apply(ctx context.Context, t Target, suspended bool) error {
	name := t.Config.Name
	if r := d.running[name]; r != nil && same(r.target, t) && (r.dispatcher == nil) == suspended {
		return nil
	}
	d.halt(ctx, name)
	cursor, err := d.queue.Cursor(ctx, t.Config, t.Events)
	if err != nil {
		return err
	}
	if d.health[name] == nil {
		d.health[name] = &health{}
	}
	r := &running{target: t, cursor: cursor}
	d.running[name] = r
	if suspended {
		return nil
	}
	r.dispatcher = &dispatcher{
		name: name, cursor: cursor, sink: t.Open(), limits: t.Config.Delivery,
		health: d.health[name], observe: d.observe, log: d.log.WithValues("sink", name),
	}
	r.dispatcher.start()
	return nil
}

func same(a, b Target) bool {
	return reflect.DeepEqual(a.Config, b.Config) && slices.Equal(a.Events, b.Events) && reflect.DeepEqual(a.Secrets, b.Secrets)
}

// halt stops the dispatcher of a sink, if there is one.
func (d *Dispatchers) halt(ctx context.Context, name string) {
	if r := d.running[name]; r != nil && r.dispatcher != nil {
		r.dispatcher.stop(ctx)
		r.dispatcher = nil
	}
}

// Stop stops all dispatchers at once and waits for the attempts under way, which it ends when ctx is done.
func (d *Dispatchers) Stop(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all sync.WaitGroup
	for name := range d.running {
		all.Go(func() { d.halt(ctx, name) })
	}
	all.Wait()
}

// Report is how one sink fares.
type Report struct {
	Name      string
	Suspended bool
	Health
	queue.Backlog
}

// Report tells how each sink fares, sorted by name.
func (d *Dispatchers) Report(ctx context.Context) ([]Report, error) {
	d.mu.Lock()
	reports := make([]Report, 0, len(d.running))
	cursors := make(map[string]*queue.Cursor, len(d.running))
	for name, r := range d.running {
		reports = append(reports, Report{Name: name, Suspended: r.dispatcher == nil, Health: d.health[name].get()})
		cursors[name] = r.cursor
	}
	d.mu.Unlock()
	for i := range reports {
		backlog, err := cursors[reports[i].Name].Backlog(ctx)
		if err != nil {
			return nil, err
		}
		reports[i].Backlog = backlog
	}
	slices.SortFunc(reports, func(a, b Report) int { return strings.Compare(a.Name, b.Name) })
	return reports, nil
}
