// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestTurns(t *testing.T) {
	t.Run("of a quick sink are two for each processor", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			turns := newTurns(8, 2)
			for range 4 {
				if !turns.take(t.Context()) {
					t.Fatal("there is no turn")
				}
			}
			began := time.Now()
			time.AfterFunc(turnPatience/2, turns.end)
			if !turns.take(t.Context()) || time.Since(began) != turnPatience/2 {
				t.Error("the fifth did not take the turn that ended")
			}
		})
	})
	t.Run("are not waited for when the sink does not answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			turns := newTurns(8, 1)
			began := time.Now()
			for _, want := range []bool{true, true, false} {
				if got := turns.take(t.Context()); got != want {
					t.Errorf("a turn was taken: %v, want %v", got, want)
				}
			}
			if waited := time.Since(began); waited != turnPatience {
				t.Errorf("it waited for %s, want %s", waited, turnPatience)
			}
		})
	})
	t.Run("of a slow sink are as many as there are workers, until it is quick again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			turns := newTurns(8, 1)
			waits := func() bool {
				began, taken := time.Now(), 0
				for range 3 {
					if turns.take(t.Context()) {
						taken++
					}
				}
				waited := time.Since(began) > 0
				for range taken {
					turns.end()
				}
				return waited
			}
			answers := func(took time.Duration, times int) {
				for range times {
					turns.answered(took)
				}
			}
			answers(4*quickly, 1)
			if !waits() {
				t.Error("one slow answer counts")
			}
			answers(4*quickly, 10)
			if waits() {
				t.Error("a slow sink is waited for")
			}
			answers(quickly/4, 30)
			if !waits() {
				t.Error("a quick sink gets attempts out of turn")
			}
		})
	})
	t.Run("are none where there are no more workers", func(t *testing.T) {
		turns := newTurns(8, 4)
		for range 9 {
			if turns.take(t.Context()) {
				t.Fatal("one was taken")
			}
		}
	})
	t.Run("are not waited for at the end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			turns := newTurns(8, 1)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			began := time.Now()
			for range 3 {
				turns.take(ctx)
			}
			if waited := time.Since(began); waited > 0 {
				t.Errorf("it waited for %s", waited)
			}
		})
	})
}
