// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"maps"
	"sync"
	"sync/atomic"
)

// byName holds what counts for each value of a label. It is found without a lock, and without the work of a vector, which
// hashes and compares for each call.
type byName[T any] struct {
	create func(name string) T
	remove func(name string)

	changing sync.Mutex                   // held while another map is put in place
	made     atomic.Pointer[map[string]T] // the map itself never changes
}

// get finds what counts for a name, and makes it where there is none: something may be counted that ends while the
// configuration changes.
func (b *byName[T]) get(name string) T {
	if one, ok := b.all()[name]; ok {
		return one
	}
	b.changing.Lock()
	defer b.changing.Unlock()
	next := maps.Clone(b.all())
	if next == nil {
		next = map[string]T{}
	}
	next[name] = b.create(name)
	b.made.Store(&next)
	return next[name]
}

// keep makes it be there for exactly these names. What is there already stays as it is.
func (b *byName[T]) keep(names []string) {
	b.changing.Lock()
	defer b.changing.Unlock()
	next := map[string]T{}
	for _, name := range names {
		next[name] = b.create(name)
	}
	for name := range b.all() {
		if _, ok := next[name]; !ok {
			b.remove(name)
		}
	}
	b.made.Store(&next)
}

func (b *byName[T]) all() map[string]T {
	if made := b.made.Load(); made != nil {
		return *made
	}
	return nil
}
