// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/collector"
)

// traced adds a collector to a configuration.
func traced(c *config.Config, endpoint string) *config.Config {
	c.Tracing = &config.Tracing{Endpoint: endpoint}
	return c
}

// tells waits for a span of a name about an event.
func tells(t *testing.T, c *collector.Collector, name, eventID string, outcome string) collector.Span {
	t.Helper()
	var found collector.Span
	eventually(t, func() string {
		spans := c.Spans()
		i := slices.IndexFunc(spans, func(s collector.Span) bool {
			return s.Name == name && s.Attributes["superoffice.event_id"] == eventID &&
				(s.Attributes["superoffice.outcome"] == outcome || s.Attributes["superoffice.answer"] == outcome)
		})
		if i < 0 {
			return fmt.Sprintf("no span %s of outcome %s among %+v", name, outcome, spans)
		}
		found = spans[i]
		return ""
	})
	return found
}

// TestTrace follows an event from its receipt over the death of the process to the sink that takes it at last.
func TestTrace(t *testing.T) {
	t.Parallel()
	const foreign = "0af7651916cd43dd8448eb211c80319c"
	const parent = "00-" + foreign + "-b7ad6b7169203331-01"
	var up atomic.Bool
	sink := serve(t, func(w http.ResponseWriter) {
		if !up.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	c := collector.Start(t)
	v, dir := mount(t, traced(settings(raw("erp", sink.URL)), c.URL)), t.TempDir()
	r, p := start(t, v, dir), newPoster(t)

	id, forged := uuid.NewString(), fresh(t, superoffice.ActivityChanged)
	event := body(t, superoffice.ActivityCreated, id)
	r.answers(t, p, request{header("guessed", forged), forged, intake.SignatureMismatch}.with("Traceparent", parent))
	r.answers(t, p, signed(forged, intake.SignatureMissing).with(superoffice.HeaderSignature, "").with("Traceparent", parent))
	test := fresh(t, superoffice.Test)
	r.answers(t, p, signed(test, intake.TestEvent).with(superoffice.HeaderSignature, "").with("Traceparent", parent))
	r.answers(t, p, signed(event, intake.Stored).with("Traceparent", parent).with("Tracestate", "vendor=1"))

	receipt := tells(t, c, "receive activity.created", id, "Stored")
	if receipt.Parent != "" || receipt.Trace == foreign || !slices.Equal(receipt.Links, []string{foreign}) {
		t.Errorf("the receipt: %+v", receipt)
	}
	if failed := tells(t, c, "deliver erp", id, "retry"); failed.Trace != receipt.Trace || failed.Parent != receipt.ID || !failed.Failed {
		t.Errorf("the attempt that failed: %+v", failed)
	}
	r.kill()
	up.Store(true)
	r = start(t, v, dir)
	delivered := tells(t, c, "deliver erp", id, "delivered")
	if delivered.Trace != receipt.Trace || delivered.Parent != receipt.ID || delivered.Failed {
		t.Errorf("the attempt that succeeded: %+v", delivered)
	}
	requests := sink.got()
	last := requests[len(requests)-1]
	if got, want := last.Header.Get("Traceparent"), "00-"+delivered.Trace+"-"+delivered.ID+"-01"; got != want || last.Body != string(event) {
		t.Errorf("the sink is told of %q, want %q", got, want)
	}
	if got := last.Header.Get("Tracestate"); got != "" {
		t.Errorf("the sink is told of the state %q of another trace", got)
	}
	for _, s := range c.Spans() {
		if s.Attributes["superoffice.event_id"] != id {
			t.Errorf("there is a span of something else: %+v", s)
		}
	}
	for _, told := range []string{secret, header(secret, event).Get(superoffice.HeaderSignature), "FieldValues", "vendor=1"} {
		if strings.Contains(c.Raw(), told) {
			t.Errorf("the collector is told %q", told)
		}
	}
	eventually(t, func() string {
		_, metrics := r.asks(t, "/metrics")
		return lacking(strings.Contains(metrics, `superoffice_webhook_trace_spans_total{export="done"} 1`), "the metrics do not count the spans")
	})
}

// TestTraceOverHandOver shows that a trace goes on in another pod.
func TestTraceOverHandOver(t *testing.T) {
	t.Parallel()
	c, sink := collector.Start(t), serve(t, nil)
	peer := start(t, mount(t, traced(settings(raw("erp", sink.URL)), c.URL)), t.TempDir())
	r := start(t, mount(t, traced(leaving(peer.intake, raw("erp", nobody)), c.URL)), t.TempDir(), "--drain-timeout", "0s")
	id := uuid.NewString()
	r.accepts(t, newPoster(t), body(t, superoffice.ActivityCreated, id))
	r.terminate()
	r.ends(t, 0) // which exports what is left
	receipt, delivered := tells(t, c, "receive activity.created", id, "Stored"), tells(t, c, "deliver erp", id, "delivered")
	if delivered.Trace != receipt.Trace || delivered.Parent != receipt.ID {
		t.Errorf("received as %+v, delivered as %+v", receipt, delivered)
	}
}

// TestCollectorIsAway shows that a collector harms nothing, and that traces are switched on and off in place.
func TestCollectorIsAway(t *testing.T) {
	t.Parallel()
	sink := serve(t, nil)
	v := mount(t, traced(settings(raw("erp", sink.URL)), nobody))
	r, p := start(t, v, t.TempDir()), newPoster(t)
	post := func() string {
		id := uuid.NewString()
		event := body(t, superoffice.ActivityCreated, id)
		r.accepts(t, p, event)
		sink.gets(t, event)
		return id
	}
	for range 50 {
		post()
	}
	c := collector.Start(t)
	c.Refuse(http.StatusForbidden)
	v.configure(t, r, traced(settings(raw("erp", sink.URL)), c.URL))
	post()
	eventually(t, func() string {
		_, metrics := r.asks(t, "/metrics")
		return lacking(strings.Contains(metrics, `superoffice_webhook_trace_spans_total{export="failed"} `) &&
			!strings.Contains(metrics, `superoffice_webhook_trace_spans_total{export="failed"} 0`), "the metrics do not count what was lost")
	})
	r.logs(t, "traces cannot be exported and are dropped")
	c.Refuse(0)
	tells(t, c, "deliver erp", post(), "delivered")

	v.configure(t, r, settings(raw("erp", sink.URL)))
	last := post()
	requests := sink.got()
	if got := requests[len(requests)-1].Header.Get("Traceparent"); got != "" {
		t.Errorf("the sink is told of a trace %q that there is none of", got)
	}
	r.terminate()
	r.ends(t, 0)
	for _, s := range c.Spans() {
		if s.Attributes["superoffice.event_id"] == last {
			t.Errorf("there is a span while none is wanted: %+v", s)
		}
	}
}
