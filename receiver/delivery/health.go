// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"sync"
	"time"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Health is how a sink fared lately.
type Health struct {
	// LastDelivery is when it last took an event; zero before the first.
	LastDelivery time.Time
	// LastError of the last attempt; nil when that one succeeded.
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

// record takes note of an outcome. An event that is refused for good tells of the event, not of the sink's health.
func (h *health) record(o sink.Outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch o := o.(type) {
	case sink.Delivered:
		h.LastDelivery, h.LastError = time.Now(), nil
	case sink.Retry:
		h.LastError = o.Cause
	}
}
