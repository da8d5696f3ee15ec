// SPDX-License-Identifier: Apache-2.0

// Package await waits in tests for what is sure to come, by looking again and again, so that no test has to sleep.
package await

import (
	"testing"
	"time"
)

// glance is how often is looked.
const glance = 10 * time.Millisecond

// Within returns a function that waits until a condition holds, and ends the test with what it says against it if that is not
// within some time.
func Within(patience time.Duration) func(t *testing.T, why func() (problem string)) {
	return func(t *testing.T, why func() string) {
		t.Helper()
		end := time.After(patience)
		tick := time.NewTicker(glance)
		defer tick.Stop()
		for problem := why(); problem != ""; problem = why() {
			select {
			case <-end:
				t.Fatalf("after %s: %s", patience, problem)
			case <-tick.C:
			}
		}
	}
}
