// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"iter"

	"github.com/nats-io/nats.go/jetstream"
)

// removeStep is how many bytes are removed at a time. The engine reads what it removes, from the disk if need be, and stores
// nothing meanwhile. Less at a time would take longer in all: each step takes apart a block of 8 MiB.
const removeStep = 64 << 20

// removeUpTo removes all messages up to one, in steps between which others are stored: an event that was retried for days may
// have held up the removal of all behind it.
func (q *Queue) removeUpTo(ctx context.Context, stream jetstream.Stream, state jetstream.StreamState, last uint64) error {
	for upTo := range removeSteps(state, last) {
		h := q.hold(stream)
		err := q.rewrite(ctx, func() error { return stream.Purge(ctx, jetstream.WithPurgeSequence(upTo+1)) })
		h.free(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// hold holds what is about to be removed, where it is a file of this process.
func (q *Queue) hold(stream jetstream.Stream) held {
	if q.Shared() {
		return nil
	}
	return holdOldest(q.engine.server.blocks(stream.CachedInfo().Config.Name))
}

// removeSteps are the last messages of all steps.
func removeSteps(state jetstream.StreamState, last uint64) iter.Seq[uint64] {
	size := max(1, state.Bytes/max(1, state.Msgs))
	step := max(1, removeStep/size)
	return func(yield func(uint64) bool) {
		for upTo := state.FirstSeq - 1; upTo < last; {
			upTo = min(upTo+step, last)
			if !yield(upTo) {
				return
			}
		}
	}
}
