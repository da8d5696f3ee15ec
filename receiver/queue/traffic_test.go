// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestGiveWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		underWay int
		ends     time.Duration // of all that is under way; 0: never
		patience time.Duration // of who gives way; 0: endless
		want     time.Duration
	}{
		"nothing is stored":                    {want: 0},
		"a message is stored soon":             {underWay: 1, ends: givingWay / 4, want: givingWay / 4},
		"two are":                              {underWay: 2, ends: givingWay / 2, want: givingWay / 2},
		"one is stored for a long time":        {underWay: 1, want: givingWay},
		"who gives way is not needed any more": {underWay: 1, patience: givingWay / 8, want: givingWay / 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var tr traffic
				for i := range c.underWay {
					tr.begin()
					if c.ends > 0 {
						time.AfterFunc(c.ends/time.Duration(c.underWay-i), tr.end)
					}
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.patience > 0 {
					time.AfterFunc(c.patience, cancel)
				}
				began := time.Now()
				tr.giveWay(ctx)
				if got := time.Since(began); got != c.want {
					t.Errorf("it waits for %s, want %s", got, c.want)
				}
			})
		})
	}
}

// Whoever stores counts, and does not count any more afterwards, whatever became of it.
func TestTrafficOfAQueue(t *testing.T) {
	t.Parallel()
	q := open(t, t.TempDir(), limits)
	put(t, q, created, "a")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = q.Put(gone, created, "b", message("b"))
	if n := q.engine.traffic.underWay.Load(); n != 0 {
		t.Errorf("%d are under way", n)
	}
}
