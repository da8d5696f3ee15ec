// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// smallQueue is the least room that can be configured.
const smallQueue = 16 << 20

// patiently keeps a sink from being tried all the time with all that is in a full queue.
func patiently(s *config.Sink) {
	s.Delivery.Concurrency = config.DefaultConcurrency
	s.Delivery.InitialBackoff, s.Delivery.MaxBackoff = config.Duration(time.Second), config.Duration(time.Second)
	s.Delivery.Circuit = config.Circuit{After: config.Duration(time.Millisecond), ProbeInterval: config.Duration(time.Second)}
}

// TestFullQueue fills the queue while its sink is down. What does not fit is refused and not what is there dropped; an end
// in order and a start change nothing about it; and once the sink is back there is room again, without a restart.
func TestFullQueue(t *testing.T) {
	t.Parallel()
	f := answering(http.StatusServiceUnavailable, patiently)(t)
	c := settings(f.sink)
	c.Queue.MaxBytes = smallQueue
	v, dir := mount(t, c), t.TempDir()
	r, p := start(t, v, dir, "--drain-timeout", "1ms"), newPoster(t)
	accepted, refused := r.fills(t, p)
	full := func() {
		t.Helper()
		r.refuses(t, p, refused, "the queue is full", intake.QueueFull)
		if code, body := r.asks(t, "/healthz"); code != http.StatusOK {
			t.Errorf("it shall be restarted although that helps nothing: %d %s", code, body)
		}
		if s := r.sink(t, "erp"); int(s.Pending) != len(accepted) || s.State != status.Failing {
			t.Errorf("of %d events that were accepted: %+v", len(accepted), s)
		}
	}
	full()
	r.terminate()
	r.ends(t, len(accepted))
	r = start(t, v, dir)
	eventually(t, func() string { return lacking(r.sink(t, "erp").State == status.Failing, "it was not tried yet") })
	full()

	f.mend()
	r.settles(t, "erp")
	if n := len(f.taken.lacks(accepted)); n > 0 {
		t.Errorf("%d of %d events were acknowledged and never delivered", n, len(accepted))
	}
	eventually(t, func() string {
		code, body := r.asks(t, "/readyz")
		return lacking(code == http.StatusOK, body)
	})
	r.accepts(t, p, refused) // its sender still had it
	f.taken.gets(t, refused)
}

// TestFullDeadLetters leaves no room for what a sink refuses.
func TestFullDeadLetters(t *testing.T) {
	t.Parallel()
	f := answering(http.StatusGone, patiently)(t)
	c := settings(f.sink)
	c.Queue.MaxBytes = smallQueue
	r, p := start(t, mount(t, c), t.TempDir()), newPoster(t)
	r.buries(t, p)
	const events = 20
	var accepted []string
	for range events {
		event := fresh(t, superoffice.ActivityCreated)
		r.accepts(t, p, event)
		accepted = append(accepted, string(event))
	}
	eventually(t, func() string {
		s := r.sink(t, "erp")
		return lacking(s.Pending > 0 && s.Pending+s.DeadLettered == events && s.State == status.Failing && strings.HasPrefix(s.LastError,
			"an event that cannot be delivered stays in the queue: store a dead letter: the queue is full"), fmt.Sprintf("%+v", s))
	})
	if code, body := r.asks(t, "/readyz"); code != http.StatusOK {
		t.Errorf("it is not ready although it stores events: %d %s", code, body)
	}

	r.forgets(t)
	eventually(t, func() string {
		s := r.sink(t, "erp")
		return lacking(s.Pending == 0 && s.DeadLettered == events, fmt.Sprintf("%+v", s))
	})
	f.mend()
	r.replays(t)
	r.settles(t, "erp")
	if n := len(f.taken.lacks(accepted)); n > 0 {
		t.Errorf("%d of %d events were acknowledged and never delivered", n, events)
	}
}

// buries has dead letters made, large ones first, until there is no room for any more: of what is authentic and holds no
// event, which costs the least time.
func (r *receiver) buries(t *testing.T, p *poster) {
	t.Helper()
	n := 0
	for _, size := range []int{900 << 10, 100 << 10, 10 << 10, 1 << 10} {
		for room := true; room; n++ {
			rubbish := fmt.Appendf(nil, "%d %s", n, strings.Repeat("x", size))
			switch code, answer, err := p.post(t.Context(), r.intake, header(secret, rubbish), rubbish); {
			case err == nil && code == http.StatusServiceUnavailable:
				room = false
			case err != nil || code != http.StatusOK || n > smallQueue/1000:
				t.Fatalf("rubbish %d was answered with %d %q, error %v", n, code, answer, err)
			}
		}
	}
}

// forgets removes the oldest dead letter.
func (r *receiver) forgets(t *testing.T) {
	t.Helper()
	var letters []deadletter.Letter
	r.reads(t, "/dead-letters?limit=1", &letters)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, fmt.Sprintf("%s/dead-letters/%d", r.admin, letters[0].ID), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := admins.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Fatalf("a dead letter is not forgotten: %s", answer.Status)
	}
}

// fills posts events until none fits any more, or more were accepted than can fit. It returns those that were accepted, and
// one that was not.
func (r *receiver) fills(t *testing.T, p *poster) (accepted []string, refused []byte) {
	t.Helper()
	for _, size := range []int{10 << 10, 1 << 10, 0} {
		for refused = nil; refused == nil; {
			event := fresh(t, superoffice.ActivityChanged)
			headers := header(secret, event)
			headers.Set("X-Padding", strings.Repeat("x", size)) // headers are stored, too, and cost less time than a body
			switch code, answer, err := p.post(t.Context(), r.intake, headers, event); {
			case err == nil && code == http.StatusOK && len(accepted) < smallQueue/1000:
				accepted = append(accepted, string(event))
			case err == nil && code == http.StatusServiceUnavailable:
				refused = event
			default:
				t.Fatalf("event %d was answered with %d %q, error %v", len(accepted), code, answer, err)
			}
		}
	}
	return accepted, refused
}

// refuses looks at how a receiver that cannot store answers, and what it tells.
func (r *receiver) refuses(t *testing.T, p *poster, event []byte, why string, reason intake.Reason) {
	t.Helper()
	r.answers(t, p, signed(event, reason))
	if code, body := r.asks(t, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, why) {
		t.Errorf("readiness is %d %q, want %q", code, body, why)
	}
	if s := r.status(t); s.Ready || !strings.Contains(s.Queue.Error, why) {
		t.Errorf("the status is %+v, want %q", s, why)
	}
}

// lacking is what eventually wants to hear: nothing, once something holds.
func lacking(holds bool, problem string) string {
	if holds {
		return ""
	}
	return problem
}
