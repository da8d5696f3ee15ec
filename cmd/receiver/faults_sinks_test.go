// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// faultyEvents is how many events are posted while a sink fails.
const faultyEvents = 5

// sinkFault is a way in which a sink fails, and what is to be seen of it.
type sinkFault struct {
	name  string
	make  func(*testing.T) *faulty
	state string
	// error is a pattern for the sink's last error.
	error string
	// dead is a pattern for the reason of the dead letters that the events become; empty: they wait.
	dead string
	// circuit tells that it opens.
	circuit bool
}

// sinkFaults are rows of docs/faults.md.
var sinkFaults = []sinkFault{
	{name: "takes its time", make: slow, state: status.Delivering, error: "^$"},
	{name: "never answers", make: hanging, state: status.Failing, error: "^no answer within 500ms$"},
	{name: "hangs up", make: hangingUp, state: status.Failing, error: "EOF|reset|broken pipe|closed"},
	{name: "refuses connections", make: absent, state: status.Failing, error: "connection refused$"},
	{name: "has a name that does not exist", make: nameless, state: status.Failing, error: "lookup erp.invalid|^no answer within"},
	{name: "has a certificate that is not trusted", make: untrusted, state: status.Failing, error: "certificate signed by unknown authority"},
	{name: "answers 429", make: hurried, state: status.Failing, error: "^the sink answered 429 Too Many Requests$"},
	{name: "answers 500", make: answering(http.StatusInternalServerError, asUsual), state: status.Failing, error: "^the sink answered 500 Internal Server Error$"},
	{name: "answers 503", make: answering(http.StatusServiceUnavailable, asUsual), state: status.Failing, error: "^the sink answered 503 Service Unavailable$"},
	{
		name: "fails for long", state: status.Failing, error: "^the sink answered 502 Bad Gateway$", circuit: true,
		make: answering(http.StatusBadGateway, func(s *config.Sink) {
			s.Delivery.Circuit.After = config.Duration(100 * time.Millisecond)
			s.Delivery.Circuit.ProbeInterval = config.Duration(100 * time.Millisecond)
		}),
	},
	{
		name: "fails for longer than maxAge", state: status.Failing, error: "^the sink answered 502 Bad Gateway$",
		dead: "^too old: not delivered within 300ms, in [0-9]+ attempts; the last: the sink answered 502 Bad Gateway$",
		make: answering(http.StatusBadGateway, func(s *config.Sink) { s.Delivery.MaxAge = config.Duration(300 * time.Millisecond) }),
	},
	{
		name: "fails maxAttempts times", state: status.Failing, error: "^the sink answered 502 Bad Gateway$",
		dead: "^not delivered in 3 attempts; the last: the sink answered 502 Bad Gateway$",
		make: answering(http.StatusBadGateway, func(s *config.Sink) { s.Delivery.MaxAttempts = 3 }),
	},
	{
		name: "answers 302", make: redirecting, state: status.Delivering, error: "^$",
		dead: "^the sink answered 302 Found, and redirects are not followed$",
	},
	{
		name: "answers 404", make: answering(http.StatusNotFound, asUsual), state: status.Delivering, error: "^$",
		dead: "^the sink answered 404 Not Found$",
	},
	{
		name: "answers 410", make: answering(http.StatusGone, asUsual), state: status.Delivering, error: "^$",
		dead: "^the sink answered 410 Gone$",
	},
}

// TestFaultySink has a sink fail while events are posted, looks at what is told of it, ends the process and mends the sink.
// Whatever the fault: SuperOffice is answered with 200, another sink gets everything meanwhile, the receiver is ready, and
// in the end the sink has every event, dead letters by their replay.
func TestFaultySink(t *testing.T) {
	t.Parallel()
	for _, c := range sinkFaults {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, neighbour := c.make(t), serve(t, nil)
			v, dir := mount(t, settings(f.sink, raw("neighbour", neighbour.URL))), t.TempDir()
			r, p := start(t, v, dir, "--drain-timeout", "1ms"), newPoster(t)
			var events []string
			for range faultyEvents {
				event := fresh(t, superoffice.ActivityChanged)
				r.accepts(t, p, event)
				events = append(events, string(event))
			}
			for _, event := range events {
				neighbour.gets(t, []byte(event))
			}
			c.seen(t, r)
			c.kept(t, r, events)
			if f.holds != nil {
				f.holds(t)
			}
			if n := len(f.taken.got()); n > 0 {
				t.Fatalf("the sink that fails has taken %d events", n)
			}
			r.terminate()
			r.ends(t, c.waiting())

			r = start(t, v, dir)
			c.kept(t, r, events)
			mended, files := f.mend()
			v.write(t, files)
			v.configure(t, r, settings(mended, raw("neighbour", neighbour.URL)))
			if got, want := r.replays(t), faultyEvents-c.waiting(); got != want {
				t.Errorf("%d dead letters are replayed, want %d", got, want)
			}
			for _, event := range events {
				f.taken.gets(t, []byte(event))
			}
			r.settles(t, "erp")
			s := r.sink(t, "erp")
			if s.State != status.Delivering || s.LastError != "" || s.CircuitOpen || s.DeadLettered != 0 || s.LastDelivery == nil {
				t.Errorf("the mended sink: %+v", s)
			}
		})
	}
}

// waiting is how many events wait for the sink.
func (c sinkFault) waiting() int {
	if c.dead != "" {
		return 0
	}
	return faultyEvents
}

// seen waits until the fault is told of as it should be, and looks at what else is.
func (c sinkFault) seen(t *testing.T, r *receiver) {
	t.Helper()
	eventually(t, func() string {
		s := r.sink(t, "erp")
		if s.State != c.state || !regexp.MustCompile(c.error).MatchString(s.LastError) || s.CircuitOpen != c.circuit ||
			int(s.Pending) != c.waiting() || int(s.DeadLettered) != faultyEvents-c.waiting() || s.LastDelivery != nil {
			return fmt.Sprintf("the sink: %+v", s)
		}
		return ""
	})
	if s := r.status(t); !s.Ready || s.Queue.Error != "" {
		t.Errorf("the status is %+v", s)
	}
	if code, body := r.asks(t, "/readyz"); code != http.StatusOK {
		t.Errorf("a sink that fails makes the receiver not ready: %d %s", code, body)
	}
	attempts := "retry"
	switch {
	case c.state == status.Delivering && c.dead != "":
		attempts = "dead"
	case c.state == status.Delivering: // the first is under way
		attempts = ""
	}
	for series, want := range map[string]float64{
		`superoffice_webhook_requests_total{code="200",reason="Stored"}`: faultyEvents,
		`superoffice_webhook_sink_pending_events{sink="erp"}`:            float64(c.waiting()),
		`superoffice_webhook_sink_dead_letters{sink="erp"}`:              float64(faultyEvents - c.waiting()),
		`superoffice_webhook_sink_pending_events{sink="neighbour"}`:      0,
	} {
		if got := r.metric(t, series); got != want {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
	series := fmt.Sprintf(`superoffice_webhook_delivery_attempt_duration_seconds_count{outcome=%q,sink="erp"}`, attempts)
	if attempts != "" && r.metric(t, series) == 0 {
		t.Errorf("%s is 0", series)
	}
}

// kept looks for all events, in the queue or as dead letters.
func (c sinkFault) kept(t *testing.T, r *receiver, events []string) {
	t.Helper()
	if c.dead == "" {
		if got := int(r.sink(t, "erp").Pending); got != len(events) {
			t.Errorf("%d events wait for the sink, want %d", got, len(events))
		}
		return
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(events)), slices.Sorted(slices.Values(r.letters(t)))); diff != "" {
		t.Errorf("dead letters (-want +got)\n%s", diff)
	}
	var letters []deadletter.Letter
	r.reads(t, "/dead-letters?sink=erp", &letters)
	for _, l := range letters {
		if !regexp.MustCompile(c.dead).MatchString(l.Reason) {
			t.Errorf("the reason of a dead letter is %q, want %s", l.Reason, c.dead)
		}
		if refused := c.state == status.Delivering; refused && (l.Attempts != 1 || l.Answer == "") {
			t.Errorf("it died in %d attempts, and the sink's answer is %q", l.Attempts, l.Answer)
		}
	}
}

// replays sends all dead letters of the sink "erp" to it again, and returns how many there were.
func (r *receiver) replays(t *testing.T) int {
	t.Helper()
	answer, err := admins.Post(r.admin+"/dead-letters/replay?sink=erp", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var done deadletter.Replayed
	if err := json.NewDecoder(answer.Body).Decode(&done); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s, error %v", answer.Status, err)
	}
	return done.Replayed
}

// metric returns the value of a series by its name and labels, as /metrics writes them; 0 where there is none.
func (r *receiver) metric(t *testing.T, series string) float64 {
	t.Helper()
	_, body := r.asks(t, "/metrics")
	for line := range strings.Lines(body) {
		if text, found := strings.CutPrefix(line, series+" "); found {
			value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	return 0
}
