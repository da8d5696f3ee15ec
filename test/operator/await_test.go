// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

const (
	// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
	patience = 2 * time.Minute
	// glance is how often it looks.
	glance = 50 * time.Millisecond
)

// await looks again and again until it sees what it waits for, and ends the test with what it saw last if that does not
// come.
func await(t *testing.T, what string, look func(context.Context) (seen any, ok bool)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	var last any
	for {
		seen, ok := look(ctx)
		if ok {
			return
		}
		if ctx.Err() == nil { // else it is not what was there, but that there was no time to look
			last = seen
		}
		select {
		case <-ctx.Done():
			t.Fatalf("awaited %s for %s; last seen:\n%s", what, patience, printed(last))
		case <-tick.C:
		}
	}
}

func printed(value any) string {
	switch v := value.(type) {
	case error:
		return v.Error()
	case string:
		return v
	}
	out, err := yaml.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(out)
}
