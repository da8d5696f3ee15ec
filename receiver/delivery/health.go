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
	// LastError of the last attempt; nil when that one succeeded. What keeps the queue from handing out events is none.
	LastError error
}

// health is kept over changes of a sink's configuration.
type health struct {
	mu sync.Mutex
	Health
}

func (h *health) get() Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.Health
}

// succeeded takes note that an event was delivered, and tells whether the attempt before had failed.
func (h *health) succeeded() (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed = h.LastError != nil
	h.LastDelivery, h.LastError = time.Now(), nil
	return changed
}

// failed takes note of a failure, and tells whether the attempt before had succeeded.
func (h *health) failed(err error) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed = h.LastError == nil
	h.LastError = err
	return changed
}
