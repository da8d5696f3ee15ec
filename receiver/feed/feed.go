// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"errors"
	"sync"
	"sync/atomic"
)

const (
	// MaxListeners is how many may listen at a time.
	MaxListeners = 8
	// room is how far a listener may be behind before it is dropped. With bodies of the largest size it is 256 MiB at
	// worst, which is why backlog bounds the bytes as well.
	room = 256
	// backlog is how many bytes of bodies may wait for a listener.
	backlog = 8 << 20
)

// ErrTooMany is the answer to one listener too many.
var ErrTooMany = errors.New("too many are listening already")

// Feed hands events to those who listen. The zero value is ready. Its methods may be called at the same time.
type Feed struct {
	listening, withBodies atomic.Int32

	mu        sync.Mutex
	listeners map[*Listener]struct{}
}

// Listening tells whether anybody is there to publish for.
func (f *Feed) Listening() bool { return f.listening.Load() > 0 }

// WantsBodies tells whether one of them wants bodies.
func (f *Feed) WantsBodies() bool { return f.withBodies.Load() > 0 }

// Publish hands an event to all who listen, and never waits: who has no room left is dropped.
func (f *Feed) Publish(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for l := range f.listeners {
		if !l.offer(e) {
			f.remove(l)
		}
	}
}

// Listen begins to listen to what happens from now on. Close must follow.
func (f *Feed) Listen(bodies bool) (*Listener, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.listeners) >= MaxListeners {
		return nil, ErrTooMany
	}
	if f.listeners == nil {
		f.listeners = map[*Listener]struct{}{}
	}
	l := &Listener{feed: f, bodies: bodies, events: make(chan Event, room)}
	f.listeners[l] = struct{}{}
	f.listening.Add(1)
	if bodies {
		f.withBodies.Add(1)
	}
	return l, nil
}

// remove closes the channel of a listener. The lock is held.
func (f *Feed) remove(l *Listener) {
	if _, there := f.listeners[l]; !there {
		return
	}
	delete(f.listeners, l)
	f.listening.Add(-1)
	if l.bodies {
		f.withBodies.Add(-1)
	}
	close(l.events)
}

// Listener gets what happens.
type Listener struct {
	feed    *Feed
	bodies  bool
	events  chan Event
	waiting atomic.Int64 // bytes of bodies in events
}

// offer takes an event if there is room. The feed's lock is held.
func (l *Listener) offer(e Event) bool {
	if !l.bodies {
		e.BodyText, e.BodyBase64 = "", nil
	}
	size := int64(len(e.BodyText) + len(e.BodyBase64))
	if l.waiting.Load()+size > backlog {
		return false
	}
	select {
	case l.events <- e:
		l.waiting.Add(size)
		return true
	default:
		return false
	}
}

// Events is where they come; closed once the listener was dropped or has closed.
func (l *Listener) Events() <-chan Event { return l.events }

// Took makes room again for what was taken from Events.
func (l *Listener) Took(e Event) { l.waiting.Add(-int64(len(e.BodyText) + len(e.BodyBase64))) }

// Close ends it.
func (l *Listener) Close() {
	l.feed.mu.Lock()
	defer l.feed.mu.Unlock()
	l.feed.remove(l)
}
