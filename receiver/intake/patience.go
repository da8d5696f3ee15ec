// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// storeTimeout is how long SuperOffice may wait for an answer. How long it would wait is not documented.
	storeTimeout = 5 * time.Second
	// moment is how much shorter the wait of one request may be, so that it can share what ends it with others.
	moment = 50 * time.Millisecond
)

// patience is the context of those who began to store within one moment: a timer for each would cost more than to store.
type patience struct{ current atomic.Pointer[deadline] }

type deadline struct {
	ctx   context.Context //nolint:containedctx // it is nobody's: those who share it only wait for its end
	began time.Time
}

// from returns a context that ends storeTimeout after now, and not when SuperOffice hangs up meanwhile: it will come again,
// and be recognised.
func (p *patience) from(now time.Time) context.Context {
	if d := p.current.Load(); d != nil && now.Sub(d.began) < moment {
		return d.ctx
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	context.AfterFunc(ctx, cancel) // so that it ends by itself, some seconds after the last who waits for it
	p.current.Store(&deadline{ctx, now})
	return ctx
}
