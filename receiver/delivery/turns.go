// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// turnsPerProcessor keep a processor busy: while one answer is taken in, the next is on its way.
	turnsPerProcessor = 2
	// quickly is within what a sink answers, on average, that little but the processor is waited for.
	quickly = time.Millisecond
	// turnPatience is after how long an attempt is made out of turn: a sink that was quick may be so no more.
	turnPatience = 10 * time.Millisecond
)

// turns has the workers of a sink that answers quickly take turns. All that more attempts at a time bring then is that their
// answers come together, and whatever else the process has to do, such as answering SuperOffice, waits behind them all.
type turns struct {
	free chan struct{} // nil: there are as many as workers
	took atomic.Int64  // how many nanoseconds the sink takes to answer, a moving average
}

func newTurns(workers, processors int) *turns {
	t := &turns{}
	few := turnsPerProcessor * processors
	if workers <= few {
		return t
	}
	t.free = make(chan struct{}, few)
	for range few {
		t.free <- struct{}{}
	}
	return t
}

// take waits for a turn, if the sink is quick. One that was taken must end.
func (t *turns) take(ctx context.Context) (taken bool) {
	if t.free == nil || time.Duration(t.took.Load()) > quickly {
		return false
	}
	select {
	case <-t.free:
		return true
	default:
	}
	long := time.NewTimer(turnPatience)
	defer long.Stop()
	select {
	case <-t.free:
		return true
	case <-long.C:
	case <-ctx.Done():
	}
	return false
}

func (t *turns) end() { t.free <- struct{}{} }

// answered notes how long the sink took this time.
func (t *turns) answered(took time.Duration) {
	before := t.took.Load()
	t.took.Store(before + (int64(took)-before)/8)
}
