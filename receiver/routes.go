// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/superoffice-webhook/operator/receiver/intake"
)

// routes are the paths of a pool's webhooks. Requests find theirs without a lock.
type routes struct {
	changing sync.Mutex
	table    atomic.Pointer[map[string]*member] // the map itself never changes
}

func (r *routes) paths() map[string]*member {
	if table := r.table.Load(); table != nil {
		return *table
	}
	return nil
}

// claim gives a path to a member, unless another one has it.
func (r *routes) claim(path string, m *member) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	owner := r.paths()[path]
	if owner == m {
		return nil
	}
	if owner != nil {
		return fmt.Errorf("intake.path: %s is that of the webhook %q already; each needs one of its own", path, owner.name)
	}
	next := maps.Clone(r.paths())
	if next == nil {
		next = map[string]*member{}
	}
	next[path] = m
	r.table.Store(&next)
	return nil
}

// keep takes all paths but one from a member, and tells whether there were any. The empty one is none.
func (r *routes) keep(path string, m *member) (freed bool) {
	r.changing.Lock()
	defer r.changing.Unlock()
	next := maps.Clone(r.paths())
	maps.DeleteFunc(next, func(p string, owner *member) bool { return owner == m && p != path })
	freed = len(next) < len(r.paths())
	r.table.Store(&next)
	return freed
}

// below finds the member whose path a longer path begins with, and what follows there.
func (r *routes) below(path string) (m *member, rest string) {
	paths := r.paths()
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] != '/' {
			continue
		}
		for _, prefix := range []string{path[:i], path[:i+1]} {
			if m := paths[prefix]; m != nil {
				return m, path[i:]
			}
		}
	}
	return nil, ""
}

// intakeHandler answers SuperOffice on the paths of all webhooks.
func (p *pool) intakeHandler() http.Handler {
	unknown := intake.Always(intake.PathUnknown, p.metrics)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m := p.routes.paths()[r.URL.Path]; m != nil {
			m.intake().ServeHTTP(w, r)
			return
		}
		unknown.ServeHTTP(w, r)
	})
}

// adminHandler answers those who run the webhooks, below the path of each.
func (p *pool) adminHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, rest := p.routes.below(r.URL.Path)
		if m == nil {
			m, rest = p.byName(r.URL.Path)
		}
		if m == nil {
			http.Error(w, "no webhook is received on a path above this one", http.StatusNotFound)
			return
		}
		http.StripPrefix(strings.TrimSuffix(r.URL.Path, rest), m.admin()).ServeHTTP(w, r)
	})
}

// byName finds the member that /hooks/NAMESPACE/NAME/… means although its path cannot be told: nothing can be read out of
// its configuration, or another one has the path.
func (p *pool) byName(path string) (m *member, rest string) {
	parts := strings.SplitN(path, "/", 5)
	if len(parts) < 5 || parts[1] != "hooks" {
		return nil, ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.members[parts[3]]; m != nil && m.webhook.Load() == nil {
		return m, "/" + parts[4]
	}
	return nil, ""
}
