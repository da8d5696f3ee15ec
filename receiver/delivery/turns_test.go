// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestTurns(t *testing.T) {
	t.Parallel()
	turns := newTurns()
	t.Cleanup(turns.close)
	var taken atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 10 * perLook {
				turns.take()
				taken.Add(1)
			}
		})
	}
	all.Wait()
	if got := taken.Load(); got != 16*10*perLook {
		t.Errorf("%d turns were taken", got)
	}
	if turns.left < 0 || turns.left >= perLook {
		t.Errorf("%d turns are left", turns.left)
	}
}

func TestTurnsWithoutAPipe(t *testing.T) {
	t.Parallel()
	closed := newTurns()
	closed.close()
	closed.close()
	for name, turns := range map[string]*turns{"it was closed": closed, "there never was one": {}} {
		for range 10 * perLook {
			turns.take()
		}
		if turns.left != 0 {
			t.Errorf("%s: turns are counted", name)
		}
	}
}
