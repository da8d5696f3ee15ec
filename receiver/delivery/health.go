// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"sync"
	"time"
)

// Health is how a sink fared lately.
type Health struct {
	// LastDelivery is when it last took an event; zero before the first.
	LastDelivery time.Time
	// LastError is why an event cannot become a dead letter, or else the last attempt got no answer that counts; nil when neither
	// is so. What keeps the queue from handing out events is none.
	LastError error
}

// health is kept over changes of a sink's configuration.
type health struct {
	mu        sync.Mutex
	delivered time.Time
	attempt   error // why the last one is to be repeated
	burial    error // why the last one failed
}

func (h *health) get() Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.burial != nil { // it needs somebody to act, also once the sink is back
		return Health{h.delivered, h.burial}
	}
	return Health{h.delivered, h.attempt}
}

// lastAttempt is why the last attempt is to be repeated; nil when it is not.
func (h *health) lastAttempt() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.attempt
}

// succeeded takes note that an event was delivered, and tells whether there was a failure before. The event may have been one that
// could not be buried.
func (h *health) succeeded() (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed = h.attempt != nil || h.burial != nil
	h.delivered, h.attempt, h.burial = time.Now(), nil, nil
	return changed
}

// attempted takes note that the sink failed, or with nil that it answered, and tells whether that is news.
func (h *health) attempted(err error) (changed bool) { return h.note(&h.attempt, err) }

// buried takes note of whether an event became a dead letter, and tells whether that is news.
func (h *health) buried(err error) (changed bool) { return h.note(&h.burial, err) }

func (h *health) note(which *error, err error) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed = (*which == nil) != (err == nil)
	*which = err
	return changed
}
