// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
)

func testCircuit() *circuit {
	return newCircuit(config.Circuit{After: config.Duration(30 * time.Second), ProbeInterval: config.Duration(10 * time.Second)})
}

// elapse lets time pass, of a clock that does not make anybody wait.
func elapse(d time.Duration) { <-time.After(d) }

// attempt waits for its turn and returns when that came.
func attempt(t *testing.T, c *circuit, succeeds bool) time.Time {
	t.Helper()
	if err := c.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	c.result(succeeds)
	return at
}

func TestCircuitOpensForASinkThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testCircuit()
		attempt(t, c, false)
		elapse(29 * time.Second)
		attempt(t, c, false)
		if c.isOpen() {
			t.Fatal("opened too soon")
		}
		elapse(time.Second)
		failed := attempt(t, c, false)
		if !c.isOpen() {
			t.Fatal("it did not open")
		}
		for range 3 {
			at := attempt(t, c, false)
			if at.Sub(failed) != 10*time.Second {
				t.Errorf("probed after %s, want 10s", at.Sub(failed))
			}
			failed = at
		}
		attempt(t, c, true)
		began := time.Now()
		for range 100 {
			attempt(t, c, true)
		}
		if c.isOpen() || time.Since(began) > 0 {
			t.Error("it did not close")
		}
	})
}

func TestCircuitStaysClosedForASinkThatFailsOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testCircuit()
		for range 20 {
			for range 10 {
				attempt(t, c, false)
				elapse(2 * time.Second)
			}
			attempt(t, c, true)
		}
		if c.isOpen() {
			t.Error("opened although every 20 seconds one attempt succeeds")
		}
	})
}

func TestOneProbeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testCircuit()
		attempt(t, c, false)
		elapse(time.Minute)
		attempt(t, c, false)
		elapse(time.Minute)
		if err := c.pass(t.Context()); err != nil { // the probe, which takes long
			t.Fatal(err)
		}
		var passed sync.WaitGroup
		waiting := make(chan error, 3)
		for range cap(waiting) {
			passed.Go(func() { waiting <- c.pass(t.Context()) })
		}
		elapse(time.Hour)
		if n := len(waiting); n != 0 {
			t.Fatalf("%d more attempts beside the probe", n)
		}
		c.result(true)
		passed.Wait()
		for range cap(waiting) {
			if err := <-waiting; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestUnusedProbeIsAnothers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testCircuit()
		attempt(t, c, false)
		elapse(time.Minute)
		attempt(t, c, false)
		elapse(time.Minute)
		if err := c.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.unused()
		began := time.Now()
		attempt(t, c, true)
		if time.Since(began) > 0 {
			t.Error("the next one had to wait")
		}
	})
}

func TestWaitForACircuitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testCircuit()
		attempt(t, c, false)
		elapse(time.Minute)
		attempt(t, c, false)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.pass(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := c.pass(ctx); err == nil {
			t.Error("passed with a context that has ended")
		}
	})
}
