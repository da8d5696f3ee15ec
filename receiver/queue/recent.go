// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	// generations is in how many parts the window of recent is forgotten.
	generations = 8
	// maxRecent is how many keys are remembered at most: more than come in the default window of two minutes at 8,000 events a
	// second. They take about 30 MiB.
	maxRecent = 1 << 20
)

// recent remembers the keys of what was stored lately, so that each is stored once. The engine can do that too, and does it
// in a cluster. It takes about 150 bytes and some pointers for each, where this takes 30 bytes and none, which matters
// when events come by the million.
//
// A key is remembered for the window, and for up to an eighth of it longer; or until maxRecent newer ones came.
type recent struct {
	now func() time.Time

	mu     sync.Mutex
	window time.Duration
	parts  []generation // by age, the newest last
	stored int          // keys in all of them
	under  map[fingerprint]*attempt

	givenUp []fingerprint // by time
}

// fingerprint stands for a key, in this process: two hashes whose seeds nobody else knows.
type fingerprint [2]uint64

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// generation are keys that came one after the other.
type generation struct {
	began, ended time.Time
	keys         map[fingerprint]struct{}
}

// attempt is the storing of a key that is under way. Whoever began it ends it, or gives it up before the engine has answered.
type attempt struct {
	done    chan struct{} // closed when it was ended or given up; nil as long as nobody waits for that
	pending promise       // of one that was given up: where the answer comes
	givenUp time.Time
}

func newRecent(window time.Duration) *recent {
	return &recent{now: time.Now, window: window, under: map[fingerprint]*attempt{}}
}

// fingerprintOf tells keys of different streams apart.
func fingerprintOf(stream, key string) fingerprint {
	told := struct{ stream, key string }{stream, key}
	return fingerprint{maphash.Comparable(seeds[0], told), maphash.Comparable(seeds[1], told)}
}

func (r *recent) setWindow(window time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.window = window
}

// begin says whether a key was stored. If not, it gives an attempt to store it: one of the caller's own, which may go on
// with one that was given up; or that of somebody else, to be waited for.
func (r *recent) begin(key fingerprint) (stored bool, a *attempt, own bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(r.now())
	for i := range r.parts {
		if _, is := r.parts[i].keys[key]; is {
			return true, nil, false
		}
	}
	before := r.under[key]
	if before != nil && before.givenUp.IsZero() {
		if before.done == nil {
			before.done = make(chan struct{})
		}
		return false, before, false
	}
	a = &attempt{}
	if before != nil && r.now().Sub(before.givenUp) < storeTimeout {
		a.pending = before.pending
	}
	r.under[key] = a
	return false, a, true
}

// end ends an attempt of one's own.
func (r *recent) end(key fingerprint, a *attempt, stored bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.under, key)
	if stored {
		r.add(key, r.now())
	}
	a.tell()
}

// giveUp leaves the answer to an attempt of one's own to whoever comes next with the same key.
func (r *recent) giveUp(key fingerprint, a *attempt, pending promise) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.under[key] = &attempt{pending: pending, givenUp: r.now()}
	r.givenUp = append(r.givenUp, key)
	a.tell()
}

// tell lets go whoever waits. The lock is held.
func (a *attempt) tell() {
	if a.done != nil {
		close(a.done)
	}
}

// recall adds a key that was stored before the process began.
func (r *recent) recall(key fingerprint, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(key, at)
}

func (r *recent) add(key fingerprint, at time.Time) {
	n := len(r.parts)
	if n == 0 || at.Sub(r.parts[n-1].began) >= r.window/generations || len(r.parts[n-1].keys) >= maxRecent/generations {
		r.parts = append(r.parts, generation{began: at, keys: map[fingerprint]struct{}{}})
		n++
	}
	last := &r.parts[n-1]
	before := len(last.keys)
	last.keys[key] = struct{}{}
	last.ended = at
	r.stored += len(last.keys) - before
	for r.stored > maxRecent {
		r.drop()
	}
}

// forget drops what the window is over for.
func (r *recent) forget(now time.Time) {
	for len(r.parts) > 0 && now.Sub(r.parts[0].ended) > r.window {
		r.drop()
	}
	for ; len(r.givenUp) > 0; r.givenUp = r.givenUp[1:] {
		a := r.under[r.givenUp[0]]
		if a == nil || a.givenUp.IsZero() { // somebody went on with it
			continue
		}
		if now.Sub(a.givenUp) <= r.window {
			return
		}
		delete(r.under, r.givenUp[0])
	}
}

func (r *recent) drop() {
	r.stored -= len(r.parts[0].keys)
	r.parts[0] = generation{} // the array behind the slice would keep the keys
	r.parts = r.parts[1:]
}
