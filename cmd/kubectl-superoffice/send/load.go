// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"
)

// load is how many messages are posted, and how fast.
type load struct {
	messages    []message // posted in turn
	count       int
	fresh       bool    // each as an event of its own
	perSecond   float64 // at most; 0: as fast as they are answered
	concurrency int     // at most so many at a time
}

// run posts and hands each answer to observe, one at a time. When the context ends it stops, with the answers so far.
func (l load) run(ctx context.Context, p *poster, observe func(answer)) {
	turns, answers := make(chan int), make(chan answer)
	var workers sync.WaitGroup
	workers.Go(func() { l.pace(ctx, turns) })
	for range min(l.concurrency, l.count) {
		workers.Go(func() {
			for turn := range turns {
				answers <- l.post(ctx, p, turn)
			}
		})
	}
	go func() { // ends with the workers
		workers.Wait()
		close(answers)
	}()
	for a := range answers {
		observe(a)
	}
}

// pace hands out the turns at the wanted rate.
func (l load) pace(ctx context.Context, turns chan<- int) {
	defer close(turns)
	limit := rate.Inf
	if l.perSecond > 0 {
		limit = rate.Limit(l.perSecond)
	}
	limiter := rate.NewLimiter(limit, 1)
	for turn := range l.count {
		if limiter.Wait(ctx) != nil {
			return
		}
		select {
		case turns <- turn:
		case <-ctx.Done():
			return
		}
	}
}

func (l load) post(ctx context.Context, p *poster, turn int) answer {
	m := l.messages[turn%len(l.messages)]
	if l.fresh {
		var err error
		if m, err = m.fresh(uuid.NewString(), time.Now()); err != nil {
			return answer{err: err}
		}
	}
	return p.post(ctx, m)
}
