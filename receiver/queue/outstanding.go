// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// outstanding are the positions of what this process was handed out for one sink and has not acknowledged. The engine
// bounds their number (MaxUnacknowledged) and tells it, but not which they are.
type outstanding struct {
	mu        sync.Mutex
	positions map[uint64]*postponement // nil for one that is under way
	doubtful  bool                     // the engine may or may not have taken note of an acknowledgement
}

// postponement is how long a message waits for another attempt, by the monotonic clock, and where the engine is told so.
type postponement struct {
	reply string
	until time.Time
}

func (o *outstanding) add(seq uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.positions == nil {
		o.positions = map[uint64]*postponement{}
	}
	o.positions[seq] = nil
}

// postpone notes that a message waits, unless it has come again already.
func (o *outstanding) postpone(seq uint64, p postponement) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Now().Before(p.until) {
		o.positions[seq] = &p
	}
}

// postponed are those of all that wait.
func (o *outstanding) postponed() []postponement {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []postponement
	for _, p := range o.positions {
		if p != nil {
			all = append(all, *p)
		}
	}
	return all
}

func (o *outstanding) remove(seq uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.positions, seq)
}

func (o *outstanding) doubt() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.doubtful = true
}

// from returns the positions from first on, sorted, and whether they can be relied on.
func (o *outstanding) from(first uint64) (positions []uint64, sure bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	positions = slices.Sorted(maps.Keys(o.positions))
	i, _ := slices.BinarySearch(positions, first)
	return positions[i:], !o.doubtful
}
