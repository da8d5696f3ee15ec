// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/queue"
)

const (
	// memberFile is what the configuration of a webhook is called in its folder.
	memberFile = "receiver.yaml"
	// openPatience is for how long readiness waits for webhooks to be opened at the start. Those whose queue is elsewhere, and
	// away, come later.
	openPatience = 10 * time.Second
	// removeTimeout is how long the engine may take to remove a queue.
	removeTimeout = 10 * time.Second
)

// pool are the webhooks of a process that receives many: one for each folder with a configuration. They share its queue
// engine and its room for requests; all else each has for itself.
type pool struct {
	options Options
	started time.Time
	server  *queue.Server
	room    *intake.Room
	routes  routes
	metrics *metrics.Pool

	running sync.WaitGroup // members, and what is left of former ones

	mu      sync.Mutex
	phase   phase
	members map[string]*member // by name, those included that are about to go
	problem string             // why the folders cannot be listed
}

func openPool(o Options) (*pool, error) {
	if _, err := folders(o.ConfigDir); err != nil {
		return nil, err
	}
	server, err := queue.Serve(o.DataDir, o.Log.WithName("queue"))
	if err != nil {
		return nil, err
	}
	p := &pool{
		options: o, started: time.Now().UTC(), server: server, room: intake.NewRoom(), members: map[string]*member{},
	}
	p.metrics = metrics.NewPool(p.ofMembers)
	return p, nil
}

// start opens all webhooks that there are, and waits until it was tried with each.
func (p *pool) start(ctx context.Context) error {
	p.reload(ctx)
	patience, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	for _, m := range p.all() {
		select {
		case <-m.tried:
		case <-patience.Done():
		}
	}
	return ctx.Err()
}

func (p *pool) about() []any {
	open := 0
	for _, m := range p.all() {
		if m.webhook.Load() != nil {
			open++
		}
	}
	return []any{"webhooks", open}
}

// reload has each webhook look what changed in its folder, makes those of new folders, and ends those whose folder is gone. A
// folder that has merely lost its configuration may get it back, so its webhook stays as it is.
func (p *pool) reload(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	found, err := folders(p.options.ConfigDir)
	if p.refuse(err); err != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(found)) { // in order, so that the same one of two gets a path that both want
		m := p.members[name]
		if m == nil && found[name] {
			m = p.admit(ctx, name)
		}
		if m != nil && !m.leaving {
			m.poke()
		}
	}
	for name, m := range p.members {
		if _, there := found[name]; !there && !m.leaving {
			m.leaving = true
			p.running.Go(func() { p.dismiss(ctx, m) })
		}
	}
}

// refuse tells once why the folders cannot be listed. mu is held.
func (p *pool) refuse(err error) {
	var text string
	if err != nil {
		text = err.Error()
	}
	if err != nil && text != p.problem {
		p.options.Log.Error(err, "the folders of the webhooks cannot be listed; all stay as they are")
	}
	p.problem = text
}

// folders are those below a folder, with whether there is a configuration in each. Kubelet's own begin with dots, and those
// of its volumes are links.
func folders(folder string) (map[string]bool, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list the folders with configurations: %w", err)
	}
	found := map[string]bool{}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			continue
		}
		_, err := os.Stat(filepath.Join(path, memberFile))
		found[entry.Name()] = err == nil
	}
	return found, nil
}

// admit makes the member of a new folder. mu is held.
func (p *pool) admit(ctx context.Context, name string) *member {
	m := newMember(p, name)
	m.reserve()
	p.members[name] = m
	ctx, m.stop = context.WithCancel(ctx)
	p.running.Go(func() { m.run(ctx) })
	return m
}

// dismiss ends a webhook whose folder is gone: nothing is accepted, what is stored is delivered for a while, and then its
// queue is removed. When the process ends meanwhile, the queue stays.
func (p *pool) dismiss(ctx context.Context, m *member) {
	m.keep("")
	m.stop()
	<-m.ended
	m.log.Info("the webhook is configured no more: what is left is delivered, for a while", "time", p.options.DrainTimeout.String())
	if w := m.webhook.Load(); w != nil {
		w.setPhase(stopping)
		w.deliverRest(ctx)
		left, _ := w.undelivered(context.WithoutCancel(ctx))
		m.log.Info("the webhook is gone", "undelivered", left)
		w.close()
	}
	if ctx.Err() == nil {
		p.remove(ctx, m)
	}
	p.mu.Lock()
	delete(p.members, m.name)
	p.mu.Unlock()
	p.reload(ctx) // its folder may be there again
}

func (p *pool) remove(ctx context.Context, m *member) {
	ctx, cancel := context.WithTimeout(ctx, removeTimeout)
	defer cancel()
	if err := p.server.Remove(ctx, m.name); err != nil {
		m.log.Error(err, "the queue of the webhook that is gone could not be removed; it takes room until its events are too old")
	}
}

// retry has webhooks that are not received look again.
func (p *pool) retry() {
	for _, m := range p.all() {
		if m.webhook.Load() == nil {
			m.poke()
		}
	}
}

// all members that are to stay, by name.
func (p *pool) all() []*member {
	p.mu.Lock()
	defer p.mu.Unlock()
	members := slices.DeleteFunc(slices.Collect(maps.Values(p.members)), func(m *member) bool { return m.leaving })
	slices.SortFunc(members, func(a, b *member) int { return cmp.Compare(a.name, b.name) })
	return members
}

// ofMembers are the metrics of all, and of those that are about to go.
func (p *pool) ofMembers() []*metrics.Metrics {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*metrics.Metrics, 0, len(p.members))
	for _, m := range p.members {
		all = append(all, m.observed.Metrics)
	}
	return all
}

func (p *pool) setPhase(next phase) {
	p.mu.Lock()
	p.phase = max(p.phase, next)
	p.mu.Unlock()
	if next != stopping { // each webhook gets ready by itself
		return
	}
	for _, m := range p.all() {
		if w := m.webhook.Load(); w != nil {
			w.setPhase(next)
		}
	}
}

// Ready says why nobody's events are accepted and stored right now. That one webhook's are not, because it is set up wrongly
// or its queue is full, is no reason: the others' have no other way than this.
func (p *pool) Ready(ctx context.Context) error {
	p.mu.Lock()
	now := p.phase
	p.mu.Unlock()
	if err := now.accepts(); err != nil {
		return err
	}
	var problem error
	for _, m := range p.all() {
		w := m.webhook.Load()
		if w == nil {
			continue
		}
		err := w.queue.Healthy(ctx)
		if err == nil {
			return nil
		}
		problem = errors.Join(problem, fmt.Errorf("%s: %w", m.name, err))
	}
	if problem == nil { // there is none
		return p.server.Alive()
	}
	return problem
}

// Alive says why only a restart of the process can help; nil while it runs well.
func (p *pool) Alive() error { return p.server.Alive() }

// end delivers what is left of all webhooks at the same time, and hands it over, each to its own address.
func (p *pool) end(ctx context.Context) {
	members := p.all() // which waits for a reload under way, after which there is none
	p.running.Wait()   // they ended with the context of Run
	var ending sync.WaitGroup
	for _, m := range members {
		if w := m.webhook.Load(); w != nil {
			ending.Go(func() { w.end(ctx) })
		}
	}
	ending.Wait()
}

func (p *pool) close() {
	var closing sync.WaitGroup
	for _, m := range p.all() {
		if w := m.webhook.Load(); w != nil {
			closing.Go(w.close)
		}
	}
	closing.Wait()
	p.server.Close()
}
