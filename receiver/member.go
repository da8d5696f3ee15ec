// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/admin"
	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// member is a folder of a pool, and the webhook that its configuration led to. It has none until the first valid one.
type member struct {
	name     string
	file     string
	pool     *pool
	log      logr.Logger
	observed *observations
	share    *intake.Share
	refuses  http.Handler // answers while there is no webhook

	looks chan struct{} // one when it is to look at its folder
	tried chan struct{} // closed once it has looked
	ended chan struct{} // closed once it looks no more
	stop  context.CancelFunc

	leaving bool // the folder is gone; guarded by the pool's mu

	webhook atomic.Pointer[webhook]

	mu  sync.Mutex
	why unserved
}

// unserved is why there is no webhook.
type unserved struct{ config, queue string }

// memberName is what a folder can be called: a part of the names of streams, and the value of a label.
var memberName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

var errMemberName = errors.New("the folder's name cannot be that of a webhook: at most 63 lower-case letters, digits and '-', with a letter or digit at both ends")

func newMember(p *pool, name string) *member {
	m := &member{
		name: name, file: filepath.Join(p.options.ConfigDir, name, memberFile), pool: p,
		log:      p.options.Log.WithValues("webhook", name),
		observed: &observations{Metrics: metrics.Of(name)},
		share:    p.room.Share(),
		looks:    make(chan struct{}, 1), tried: make(chan struct{}), ended: make(chan struct{}),
		why: unserved{queue: "starting"},
	}
	m.observed.CollectStatus(m.Status)
	m.refuses = intake.Always(intake.QueueFailed, m.observed)
	return m
}

// poke has it look what changed in its folder.
func (m *member) poke() {
	select {
	case m.looks <- struct{}{}:
	default: // it is about to
	}
}

func (m *member) run(ctx context.Context) {
	defer close(m.ended)
	first := sync.OnceFunc(func() { close(m.tried) })
	defer first()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.looks:
		}
		if w := m.webhook.Load(); w != nil {
			w.reload(ctx)
			continue
		}
		m.look(ctx)
		first()
	}
}

// look makes the webhook of the first valid configuration. While there is none, its path leads to an answer that has
// SuperOffice try again.
func (m *member) look(ctx context.Context) {
	next, err := m.read()
	if err != nil {
		m.refuse(ctx, unserved{config: err.Error()}, err)
		return
	}
	if err := m.open(ctx, next); err != nil {
		m.refuse(ctx, unserved{queue: err.Error()}, err)
	}
}

// read reads and checks the configuration, and takes its path.
func (m *member) read() (*snapshot, error) {
	if !memberName.MatchString(m.name) {
		return nil, errMemberName
	}
	next, err := readSnapshot(m.file, m.name)
	if err == nil {
		err = errors.Join(next.check(), next.fits())
	}
	if err != nil {
		m.reserve()
		return nil, err
	}
	if err := m.claim(next.Intake.Path); err != nil {
		return nil, err
	}
	m.keep(next.Intake.Path)
	return next, nil
}

// reserve takes the path of a configuration that may be wrong otherwise, if nobody has it. SuperOffice is to try again there.
func (m *member) reserve() {
	if path := config.ReadPath(m.file); path != "" && m.claim(path) == nil {
		m.keep(path)
	}
}

func (m *member) open(ctx context.Context, next *snapshot) error {
	w, err := openWebhook(ctx, next, place{
		options: m.pool.options, file: m.file, started: m.pool.started, observed: m.observed, log: m.log,
		name: m.name, server: m.pool.server, share: m.share, paths: m,
	})
	if err != nil {
		return err
	}
	if err := w.start(ctx); err != nil {
		w.dispatchers.Stop(ctx)
		w.close()
		return err
	}
	w.setPhase(ready)
	m.webhook.Store(w)
	m.log.Info("the webhook is received", w.about()...)
	return nil
}

// refuse tells of a problem once.
func (m *member) refuse(ctx context.Context, why unserved, err error) {
	m.mu.Lock()
	known := m.why == why
	m.why = why
	m.mu.Unlock()
	if known || ctx.Err() != nil { // or it was to end
		return
	}
	if why.config != "" {
		m.observed.Reloaded(err)
	}
	m.log.Error(err, "the webhook is not received")
}

// claim implements paths.
func (m *member) claim(path string) error { return m.pool.routes.claim(path, m) }

// keep implements paths. Another one may have waited for those that it lets go of.
func (m *member) keep(path string) {
	if m.pool.routes.keep(path, m) {
		m.pool.retry()
	}
}

// intake answers SuperOffice.
func (m *member) intake() http.Handler {
	if w := m.webhook.Load(); w != nil {
		return w.handler
	}
	return m.refuses
}

// admin answers those who run it.
func (m *member) admin() http.Handler {
	if w := m.webhook.Load(); w != nil {
		return admin.NewWebhookHandler(w, w.queue, &w.observed.feed)
	}
	return admin.NewUnservedHandler(m)
}

// Status is that of the webhook; while there is none, it says why.
func (m *member) Status(ctx context.Context) status.Status {
	if w := m.webhook.Load(); w != nil {
		return w.Status(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return status.Status{
		Version: m.pool.options.Version,
		Started: m.pool.started,
		Config:  status.Config{Error: m.why.config},
		Intake:  m.observed.intake(),
		Queue:   status.Queue{Error: cmp.Or(m.why.queue, "not open, since there is no valid configuration yet")},
		Sinks:   []status.Sink{},
	}
}
