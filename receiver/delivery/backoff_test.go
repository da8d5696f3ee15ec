// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"math"
	"testing"
	"testing/quick"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
)

func TestCeiling(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		attempt              int
		initial, limit, want time.Duration
	}{
		{1, time.Second, 10 * time.Minute, time.Second},
		{2, time.Second, 10 * time.Minute, 2 * time.Second},
		{5, time.Second, 10 * time.Minute, 16 * time.Second},
		{10, time.Second, 10 * time.Minute, 512 * time.Second},
		{11, time.Second, 10 * time.Minute, 10 * time.Minute},
		{math.MaxInt, time.Second, 10 * time.Minute, 10 * time.Minute},
		{1, time.Minute, time.Minute, time.Minute},
		{7, time.Minute, time.Minute, time.Minute},
		{100, time.Nanosecond, math.MaxInt64, math.MaxInt64},
		{0, time.Second, time.Minute, time.Second},
	} {
		if got := ceiling(c.attempt, c.initial, c.limit); got != c.want {
			t.Errorf("ceiling(%d, %s, %s) = %s, want %s", c.attempt, c.initial, c.limit, got, c.want)
		}
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		ceiling time.Duration
		wanted  time.Duration
		share   float64
		want    time.Duration
	}{
		{"is none at the low end", time.Minute, 0, 0, 0},
		{"is a share of the ceiling", time.Minute, 0, 0.5, 30 * time.Second},
		{"is extended by the sink's wish", time.Minute, time.Hour, 0.5, time.Hour},
		{"is not shortened by it", time.Minute, time.Second, 0.5, 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := pause(c.ceiling, c.wanted, c.share); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestAgain(t *testing.T) {
	t.Parallel()
	limits := config.Delivery{
		InitialBackoff: config.Duration(time.Second),
		MaxBackoff:     config.Duration(time.Minute),
		MaxAge:         config.Duration(time.Hour),
	}
	t.Run("never ends an event early, late, or against the sink's wish", func(t *testing.T) {
		t.Parallel()
		property := func(attempt uint8, age, wanted uint32) bool {
			a := time.Duration(age) * time.Microsecond // up to 71 minutes
			w := time.Duration(wanted) * time.Microsecond
			wait, ok := again(limits, int(attempt), a, w)
			if left := time.Hour - a; left <= 0 || w > left {
				return !ok
			}
			most := max(w, ceiling(int(attempt), time.Second, time.Minute))
			return ok && wait >= w && wait <= most && a+wait <= time.Hour
		}
		if err := quick.Check(property, &quick.Config{MaxCount: 100_000}); err != nil {
			t.Error(err)
		}
	})
	t.Run("spreads the attempts of many events evenly", func(t *testing.T) {
		t.Parallel()
		const draws = 100_000
		var quarters [4]int
		for range draws {
			wait, ok := again(limits, 100, 0, 0)
			if !ok {
				t.Fatal("given up at once")
			}
			quarters[min(3, int(wait*4/time.Minute))]++
		}
		for i, n := range quarters {
			if n < draws/5 || n > draws*3/10 {
				t.Errorf("%d of %d fall into quarter %d", n, draws, i)
			}
		}
	})
	t.Run("makes the last attempt when the event is as old as it may be", func(t *testing.T) {
		t.Parallel()
		for range 1000 {
			if wait, ok := again(limits, 100, time.Hour-time.Millisecond, 0); !ok || wait > time.Millisecond {
				t.Fatalf("wait %s, %t", wait, ok)
			}
		}
		if _, ok := again(limits, 100, time.Hour, 0); ok {
			t.Error("tried again although too old")
		}
	})
}
