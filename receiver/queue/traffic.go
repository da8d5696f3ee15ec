// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// givingWay is how long GiveWay waits at most. It bounds what delivery loses while messages are stored without end: sixteen
// attempts at a time still make 16,000 a second.
const givingWay = time.Millisecond

// GiveWay waits until no message is being stored, for a moment at most. Delivery can wait, whereas somebody waits for the
// answer to each message that is stored: behind a backlog that shares the processor with it, for its turn a dozen times.
func (c *Cursor) GiveWay(ctx context.Context) { c.queue.engine.traffic.giveWay(ctx) }

// traffic counts messages that are being stored. The zero value is ready.
type traffic struct {
	underWay, waiting atomic.Int64

	mu   sync.Mutex
	over chan struct{} // closed once nothing is under way; nil while nobody waits for that
}

func (t *traffic) begin() { t.underWay.Add(1) }

func (t *traffic) end() {
	if t.underWay.Add(-1) > 0 || t.waiting.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over != nil {
		close(t.over)
		t.over = nil
	}
}

func (t *traffic) giveWay(ctx context.Context) {
	if t.underWay.Load() == 0 {
		return
	}
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	enough := time.NewTimer(givingWay)
	defer enough.Stop()
	select {
	case <-t.ended():
	case <-enough.C:
	case <-ctx.Done():
	}
}

func (t *traffic) ended() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over == nil {
		t.over = make(chan struct{})
	}
	return t.over
}
