// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// A sink that is down for the whole test costs another one nothing.
func TestSinkThatIsDown(t *testing.T) {
	t.Parallel()
	const events = 1000
	alive := serve(t, nil)
	r := start(t, mount(t, settings(raw("alive", alive.URL), raw("down", nobody))), t.TempDir())
	p := newPoster(t)
	waiting := map[string]bool{}
	for range events {
		event := fresh(t, superoffice.ActivityChanged)
		waiting[string(event)] = true
		r.accepts(t, p, event)
	}
	eventually(t, func() string {
		s := r.sink(t, "alive")
		if down := r.sink(t, "down"); down.Pending != events {
			t.Fatalf("%d events wait for the sink that is down, want all %d", down.Pending, events)
		}
		if s.Pending > 0 {
			return fmt.Sprintf("%d events wait for the sink that is alive", s.Pending)
		}
		return ""
	})
	for _, got := range alive.got() {
		if !waiting[got.Body] {
			t.Fatalf("the sink got what it had already, or what was not posted: %q", got.Body)
		}
		delete(waiting, got.Body)
	}
	if len(waiting) > 0 {
		t.Errorf("%d events never came", len(waiting))
	}
	if s := r.sink(t, "alive"); s.State != status.Delivering || s.LastError != "" || s.LastDelivery == nil {
		t.Errorf("the sink that is alive: %+v", s)
	}
	s := r.sink(t, "down")
	if s.State != status.Failing || s.Pending != events || s.LastDelivery != nil || !strings.Contains(s.LastError, "connection refused") {
		t.Errorf("the sink that is down: %+v", s)
	}
	if !r.status(t).Ready {
		t.Error("a sink that is down makes the receiver not ready")
	}
}
