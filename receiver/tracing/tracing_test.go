// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/collector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var event = &superoffice.Event{Name: "activity.created", ID: "one", ContextIdentifier: "Cust12345", Raw: []byte("body")}

// configured tells a collector of so many events in a million.
func configured(c *collector.Collector, rate int) *config.Tracing {
	return &config.Tracing{Endpoint: c.URL + "/", SamplingRatePerMillion: &rate, ServiceName: "crm-receiver", ServiceNamespace: "sales"}
}

// started is on; it must be closed to have all be exported.
func started(t *testing.T, c *config.Tracing, observe func(int, error), log logr.Logger) *Tracing {
	t.Helper()
	tr := New("v1", observe, log)
	if err := tr.Configure(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

func unobserved(int, error) {}

func TestTrace(t *testing.T) {
	c := collector.Start(t)
	tr := started(t, configured(c, perMillion), unobserved, logr.Discard())
	const foreign = "0af7651916cd43dd8448eb211c80319c"
	receipt := tr.Received(time.Now(), http.Header{"Traceparent": {"00-" + foreign + "-b7ad6b7169203331-01"}})
	receipt.Holds(event)
	parent := receipt.Parent()
	receipt.Answered("Stored", http.StatusOK)
	attempt := tr.Attempted(parent, "erp", 3, time.Second, event)
	told := attempt.Parent()
	attempt.Ended("retry", "the sink answered 503"+strings.Repeat(".", 2*maxText)+"\xff")
	tr.Close()

	spans := c.Spans()
	if len(spans) != 2 {
		t.Fatalf("%d spans came, want 2", len(spans))
	}
	first, second := spans[0], spans[1]
	if first.Name != "receive activity.created" || first.Trace == foreign || first.Parent != "" || !cmp.Equal(first.Links, []string{foreign}) || first.Failed {
		t.Errorf("the receipt: %+v", first)
	}
	if parent != "00-"+first.Trace+"-"+first.ID+"-01" {
		t.Errorf("the receipt is told as %s", parent)
	}
	if second.Name != "deliver erp" || second.Trace != first.Trace || second.Parent != first.ID || !second.Failed {
		t.Errorf("the attempt: %+v", second)
	}
	if told != "00-"+second.Trace+"-"+second.ID+"-01" {
		t.Errorf("the attempt is told as %s", told)
	}
	about := map[string]string{"superoffice.event": "activity.created", "superoffice.event_id": "one", "superoffice.tenant": "Cust12345"}
	for _, s := range spans {
		for name, want := range about {
			if s.Attributes[name] != want {
				t.Errorf("%s says of %s %q", s.Name, name, s.Attributes[name])
			}
		}
		if s.Resource["service.name"] != "crm-receiver" || s.Resource["service.namespace"] != "sales" || s.Resource["service.version"] != "v1" {
			t.Errorf("it is told by %v", s.Resource)
		}
	}
}

// Spans are exported when the memory of the body that they are about may hold another one.
func TestSpansOutliveTheBody(t *testing.T) {
	c := collector.Start(t)
	tr := started(t, configured(c, perMillion), unobserved, logr.Discard())
	body := []byte(`{"Event": "activity.created", "EventId": "one", "ContextIdentifier": "Cust12345"}`)
	e, err := superoffice.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	receipt := tr.Received(time.Now(), http.Header{})
	receipt.Holds(e)
	receipt.Answered("Stored", http.StatusOK)
	clear(body)
	tr.Close()
	for _, s := range c.Spans() {
		for name, want := range map[string]string{
			"superoffice.event": "activity.created", "superoffice.event_id": "one", "superoffice.tenant": "Cust12345",
		} {
			if got := s.Attributes[name]; got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}
}

// Nothing that a request or an event says gets to a collector at its full length, or in a form that it does not take.
func TestValuesAreBounded(t *testing.T) {
	c := collector.Start(t)
	tr := started(t, configured(c, perMillion), unobserved, logr.Discard())
	long := strings.Repeat("\xffü", 1<<16)
	for _, foreign := range []string{"", "rubbish", long, "00-00000000000000000000000000000000-0000000000000000-01", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"} {
		span := tr.Received(time.Now(), http.Header{"Traceparent": {foreign}, "Tracestate": {long}, "Baggage": {long}})
		span.Holds(&superoffice.Event{Name: long, ID: long, ContextIdentifier: long})
		span.Answered("EventNotWanted", http.StatusOK)
	}
	tr.Attempted("rubbish", "erp", 1, 0, event).Ended("delivered", "")
	tr.Close()
	spans := c.Spans()
	if len(spans) != 6 {
		t.Fatalf("%d spans came, want 6", len(spans))
	}
	for _, s := range spans {
		if len(s.Links) > 0 || s.Parent != "" || len(s.Name) > 512 {
			t.Errorf("%.60s has links %q and parent %q", s.Name, s.Links, s.Parent)
		}
		for name, value := range s.Attributes {
			if len(value) > 3*maxValue { // what is not UTF-8 takes three bytes
				t.Errorf("%s has %d bytes", name, len(value))
			}
		}
	}
}

// What was decided at the receipt holds for all attempts, and sinks are told of it.
func TestWhatIsNotSampledIsNotExported(t *testing.T) {
	c := collector.Start(t)
	tr := started(t, configured(c, 0), unobserved, logr.Discard())
	receipt := tr.Received(time.Now(), http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}})
	parent := receipt.Parent()
	receipt.Answered("Stored", http.StatusOK)
	if err := tr.Configure(t.Context(), configured(c, perMillion)); err != nil {
		t.Fatal(err)
	}
	attempt := tr.Attempted(parent, "erp", 1, 0, event)
	if told := attempt.Parent(); told[:35] != parent[:35] || !strings.HasSuffix(told, "-00") || !strings.HasSuffix(parent, "-00") {
		t.Errorf("the receipt is told as %s, the attempt as %s", parent, told)
	}
	attempt.Ended("delivered", "")
	tr.Close()
	if got := c.Spans(); len(got) > 0 {
		t.Errorf("there is %+v", got)
	}
}

func TestNothingIsTracedWhileItIsOff(t *testing.T) {
	for name, tr := range map[string]*Tracing{"nil": nil, "off": New("", unobserved, logr.Discard())} {
		receipt := tr.Received(time.Now(), http.Header{})
		receipt.Holds(event)
		receipt.Answered("Stored", http.StatusOK)
		attempt := tr.Attempted("", "erp", 1, 0, event)
		attempt.Ended("delivered", "")
		if receipt != nil || attempt != nil || receipt.Parent() != "" {
			t.Errorf("%s: there are spans", name)
		}
		if n := testing.AllocsPerRun(100, func() { tr.Received(time.Time{}, nil).Holds(event) }); n > 0 {
			t.Errorf("%s: it takes memory %f times", name, n)
		}
	}
}

func TestCollectorThatTakesNothing(t *testing.T) {
	c := collector.Start(t)
	c.Refuse(http.StatusBadRequest)
	var mu sync.Mutex
	var lines []string
	lost, taken := 0, 0
	log := funcr.New(func(_, line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	}, funcr.Options{})
	tr := started(t, nil, func(spans int, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			lost += spans
		} else {
			taken += spans
		}
	}, log)
	for i, status := range []int{http.StatusBadRequest, http.StatusUnauthorized, 0} {
		c.Refuse(status)
		if err := tr.Configure(t.Context(), configured(c, perMillion-i)); err != nil { // another one each time
			t.Fatal(err)
		}
		tr.Received(time.Now(), http.Header{}).Answered("Stored", http.StatusOK)
		p := tr.current.Load()
		if err := p.provider.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	tr.Close()
	mu.Lock()
	defer mu.Unlock()
	if lost != 2 || taken != 1 || len(lines) != 2 {
		t.Errorf("%d lost, %d taken, logged %q", lost, taken, lines)
	}
}

func TestFailuresAreLoggedOnceUntilTheyEnd(t *testing.T) {
	var lines []string
	log := funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})
	fails := errors.New("no")
	exporter := &failing{err: fails}
	o := &observed{SpanExporter: exporter, observe: unobserved, log: log}
	for _, exporter.err = range []error{fails, fails, nil, nil, fails} {
		if err := o.ExportSpans(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	if len(lines) != 3 {
		t.Errorf("logged %q", lines)
	}
}
