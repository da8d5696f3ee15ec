// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

const ours = "superoffice_webhook_"

// gathers compares what a scrape gets of some metrics.
func gathers(t *testing.T, m *metrics.Metrics, want string, names ...string) {
	t.Helper()
	var all []string
	for _, name := range names {
		all = append(all, ours+name)
	}
	if err := testutil.GatherAndCompare(m.Registry, strings.NewReader(want), all...); err != nil {
		t.Error(err)
	}
}

func TestIntakeMetrics(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	m.Configured([]string{"current", "previous"}, nil)
	var observer intake.Observer = m
	answered := func(r intake.Reason, secret string, bytes int) {
		observer.Answered(intake.Answer{Reason: r, Took: 2 * time.Millisecond, BodyBytes: bytes, Secret: secret})
	}
	answered(intake.Stored, "current", 200)
	answered(intake.Stored, "previous", 1700)
	answered(intake.Duplicate, "current", 1700)
	answered(intake.SignatureMismatch, "", 300)
	answered(intake.BodyTooLarge, "", 5<<20)
	answered(intake.PathUnknown, "", 0)
	answered(intake.InternalError, "", 300)
	observer.Answered(intake.Answer{Reason: intake.Stored, Took: time.Minute, BodyBytes: 1 << 20, Secret: "current"})
	gathers(t, m, `
# HELP superoffice_webhook_requests_total Requests to intake, by the status that was answered and the reason for it.
# TYPE superoffice_webhook_requests_total counter
superoffice_webhook_requests_total{code="200",reason="AssociateIgnored"} 0
superoffice_webhook_requests_total{code="200",reason="Duplicate"} 1
superoffice_webhook_requests_total{code="200",reason="EventNotWanted"} 0
superoffice_webhook_requests_total{code="200",reason="NoEvent"} 0
superoffice_webhook_requests_total{code="200",reason="Stored"} 3
superoffice_webhook_requests_total{code="200",reason="TakenOver"} 0
superoffice_webhook_requests_total{code="200",reason="TenantNotWanted"} 0
superoffice_webhook_requests_total{code="200",reason="TestEvent"} 0
superoffice_webhook_requests_total{code="400",reason="BodyIncomplete"} 0
superoffice_webhook_requests_total{code="401",reason="SignatureMalformed"} 0
superoffice_webhook_requests_total{code="401",reason="SignatureMismatch"} 1
superoffice_webhook_requests_total{code="401",reason="SignatureMissing"} 0
superoffice_webhook_requests_total{code="404",reason="PathUnknown"} 1
superoffice_webhook_requests_total{code="405",reason="MethodNotAllowed"} 0
superoffice_webhook_requests_total{code="413",reason="BodyTooLarge"} 1
superoffice_webhook_requests_total{code="415",reason="BodyCompressed"} 0
superoffice_webhook_requests_total{code="500",reason="InternalError"} 1
superoffice_webhook_requests_total{code="503",reason="ConfigurationOlder"} 0
superoffice_webhook_requests_total{code="503",reason="QueueFailed"} 0
superoffice_webhook_requests_total{code="503",reason="QueueFull"} 0
superoffice_webhook_requests_total{code="503",reason="TooManyAtOnce"} 0
superoffice_webhook_requests_total{code="503",reason="TooMuchAtOnce"} 0
# HELP superoffice_webhook_request_duration_seconds Time that intake took to answer a request.
# TYPE superoffice_webhook_request_duration_seconds histogram
superoffice_webhook_request_duration_seconds_bucket{le="0.0001"} 0
superoffice_webhook_request_duration_seconds_bucket{le="0.0004"} 0
superoffice_webhook_request_duration_seconds_bucket{le="0.0016"} 0
superoffice_webhook_request_duration_seconds_bucket{le="0.0064"} 7
superoffice_webhook_request_duration_seconds_bucket{le="0.0256"} 7
superoffice_webhook_request_duration_seconds_bucket{le="0.1024"} 7
superoffice_webhook_request_duration_seconds_bucket{le="0.4096"} 7
superoffice_webhook_request_duration_seconds_bucket{le="1.6384"} 7
superoffice_webhook_request_duration_seconds_bucket{le="6.5536"} 7
superoffice_webhook_request_duration_seconds_bucket{le="26.2144"} 7
superoffice_webhook_request_duration_seconds_bucket{le="+Inf"} 8
superoffice_webhook_request_duration_seconds_sum 60.014
superoffice_webhook_request_duration_seconds_count 8
# HELP superoffice_webhook_request_body_bytes Bytes that were read of the bodies of requests, of refused ones as well; empty bodies are left out.
# TYPE superoffice_webhook_request_body_bytes histogram
superoffice_webhook_request_body_bytes_bucket{le="256"} 1
superoffice_webhook_request_body_bytes_bucket{le="1024"} 3
superoffice_webhook_request_body_bytes_bucket{le="4096"} 5
superoffice_webhook_request_body_bytes_bucket{le="16384"} 5
superoffice_webhook_request_body_bytes_bucket{le="65536"} 5
superoffice_webhook_request_body_bytes_bucket{le="262144"} 5
superoffice_webhook_request_body_bytes_bucket{le="1.048576e+06"} 6
superoffice_webhook_request_body_bytes_bucket{le="4.194304e+06"} 6
superoffice_webhook_request_body_bytes_bucket{le="+Inf"} 7
superoffice_webhook_request_body_bytes_sum 6.295656e+06
superoffice_webhook_request_body_bytes_count 7
# HELP superoffice_webhook_signatures_verified_total Signatures that verified, by the slot of the secret that made them.
# TYPE superoffice_webhook_signatures_verified_total counter
superoffice_webhook_signatures_verified_total{secret="current"} 3
superoffice_webhook_signatures_verified_total{secret="previous"} 1
`, "requests_total", "request_duration_seconds", "request_body_bytes", "signatures_verified_total")
}

// What is counted must be what SuperOffice counts: never what a stranger can cause.
func TestConsecutiveFailures(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	for i, c := range []struct {
		reason intake.Reason
		secret string
		want   int
	}{
		{intake.SignatureMismatch, "", 0},
		{intake.QueueFull, "current", 1},
		{intake.QueueFailed, "previous", 2},
		{intake.InternalError, "current", 3},
		{intake.InternalError, "", 3},     // failed before the signature was looked at
		{intake.TestEvent, "", 3},         // anybody can send one that is not signed
		{intake.SignatureMismatch, "", 3}, // as well as a forgery
		{intake.PathUnknown, "", 3},
		{intake.QueueFull, "current", 4},
		{intake.Duplicate, "previous", 0},
		{intake.QueueFull, "current", 1},
		{intake.EventNotWanted, "current", 0},
		{intake.QueueFull, "current", 1},
		{intake.TestEvent, "current", 0},
		{intake.QueueFull, "current", 1},
		{intake.NoEvent, "current", 0},
		{intake.QueueFull, "current", 1},
		{intake.Stored, "current", 0},
	} {
		m.Answered(intake.Answer{Reason: c.reason, Secret: c.secret})
		want := fmt.Sprintf(`
# HELP superoffice_webhook_consecutive_failures Requests in a row with a signature that verified, thus SuperOffice's own, that were not answered with 200. SuperOffice disables a webhook after 9.
# TYPE superoffice_webhook_consecutive_failures gauge
superoffice_webhook_consecutive_failures %d
`, c.want)
		if err := testutil.GatherAndCompare(m.Registry, strings.NewReader(want), ours+"consecutive_failures"); err != nil {
			t.Errorf("step %d, %s: %v", i, c.reason, err)
		}
	}
}

func TestDeliveryMetrics(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	m.Attempted("erp", sink.Delivered{}, 5*time.Millisecond)
	m.Attempted("erp", sink.Delivered{}, 3*time.Second)
	m.Attempted("erp", sink.Retry{Cause: errors.New("connection refused"), After: time.Hour}, time.Millisecond)
	m.Attempted("bi", sink.Dead{Reason: "the sink answered 400", Answer: "Cust12345"}, time.Minute)
	gathers(t, m, `
# HELP superoffice_webhook_delivery_attempt_duration_seconds Time that attempts to deliver took, by sink and outcome (delivered, retry, dead).
# TYPE superoffice_webhook_delivery_attempt_duration_seconds histogram
`+histogram(`outcome="dead",sink="bi"`, "0 0 0 0 0 0 0 0 1 1", "60", "1")+
		histogram(`outcome="dead",sink="erp"`, "0 0 0 0 0 0 0 0 0 0", "0", "0")+
		histogram(`outcome="delivered",sink="bi"`, "0 0 0 0 0 0 0 0 0 0", "0", "0")+
		histogram(`outcome="delivered",sink="erp"`, "0 0 1 1 1 1 2 2 2 2", "3.005", "2")+
		histogram(`outcome="retry",sink="bi"`, "0 0 0 0 0 0 0 0 0 0", "0", "0")+
		histogram(`outcome="retry",sink="erp"`, "1 1 1 1 1 1 1 1 1 1", "0.001", "1"), "delivery_attempt_duration_seconds")
}

// histogram writes a histogram of attempts as a scrape gets it.
func histogram(labels, counts, sum, count string) string {
	const name = "superoffice_webhook_delivery_attempt_duration_seconds"
	var b strings.Builder
	for i, n := range strings.Fields(counts) {
		le := []string{"0.001", "0.004", "0.016", "0.064", "0.256", "1.024", "4.096", "16.384", "65.536", "+Inf"}[i]
		b.WriteString(name + "_bucket{" + labels + `,le="` + le + `"} ` + n + "\n")
	}
	b.WriteString(name + "_sum{" + labels + "} " + sum + "\n")
	b.WriteString(name + "_count{" + labels + "} " + count + "\n")
	return b.String()
}

func TestReloadMetrics(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	m.Reloaded(nil)
	m.Reloaded(errors.New("sinks: must name at least one sink"))
	m.Reloaded(nil)
	gathers(t, m, `
# HELP superoffice_webhook_config_reloads_total Changes of the configuration or of a secret, by result (applied, refused).
# TYPE superoffice_webhook_config_reloads_total counter
superoffice_webhook_config_reloads_total{result="applied"} 2
superoffice_webhook_config_reloads_total{result="refused"} 1
`, "config_reloads_total")
}

// used is a process in which everything has happened once.
func used(t *testing.T) *metrics.Metrics {
	t.Helper()
	m := metrics.New()
	m.Answered(intake.Answer{Reason: intake.Stored, Took: time.Millisecond, BodyBytes: 1700, Secret: "current"})
	m.Attempted("erp", sink.Delivered{}, time.Millisecond)
	m.Attempted("erp", sink.Retry{}, time.Millisecond)
	m.Attempted("erp", sink.Dead{Reason: "no", Answer: "no"}, time.Millisecond)
	m.Filtered("erp")
	m.Traced(3, nil)
	m.Reloaded(nil)
	m.CollectStatus(full)
	return m
}

func TestMetricsKeepToTheRulesOfPrometheus(t *testing.T) {
	t.Parallel()
	problems, err := testutil.GatherAndLint(used(t).Registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// What labels can say must not grow with what SuperOffice sends: their names and what they are made of are all here.
func TestLabelsAreFewAndFixed(t *testing.T) {
	t.Parallel()
	families, err := used(t).Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, family := range families {
		name, ok := strings.CutPrefix(family.GetName(), ours)
		if !ok {
			continue
		}
		labels := map[string]bool{}
		for _, one := range family.GetMetric() {
			for _, label := range one.GetLabel() {
				labels[label.GetName()+"="+label.GetValue()] = true
			}
		}
		got[name] = slices.Sorted(maps.Keys(labels)) // nil where there are none
	}
	want := map[string][]string{
		"config_info":                       {"hash=abc"},
		"config_last_reload_successful":     nil,
		"config_reloads_total":              {"result=applied", "result=refused"},
		"consecutive_failures":              nil,
		"delivery_attempt_duration_seconds": {"outcome=dead", "outcome=delivered", "outcome=retry", "sink=erp"},
		"queue_bytes":                       nil,
		"queue_dead_letters":                nil,
		"queue_events":                      nil,
		"queue_max_bytes":                   nil,
		"queue_made_again_total":            {"what=cursor", "what=stream"},
		"request_body_bytes":                nil,
		"request_duration_seconds":          nil,
		"requests_total": {
			"code=200", "code=400", "code=401", "code=404", "code=405", "code=413", "code=415", "code=500", "code=503",
			"reason=AssociateIgnored", "reason=BodyCompressed", "reason=BodyIncomplete", "reason=BodyTooLarge",
			"reason=ConfigurationOlder", "reason=Duplicate", "reason=EventNotWanted", "reason=InternalError", "reason=MethodNotAllowed", "reason=NoEvent", "reason=PathUnknown",
			"reason=QueueFailed", "reason=QueueFull", "reason=SignatureMalformed", "reason=SignatureMismatch",
			"reason=SignatureMissing", "reason=Stored", "reason=TakenOver", "reason=TenantNotWanted", "reason=TestEvent",
			"reason=TooManyAtOnce", "reason=TooMuchAtOnce",
		},
		"signatures_verified_total":             {"secret=current"},
		"sink_circuit_open":                     {"sink=bi", "sink=erp"},
		"sink_dead_letters":                     {"sink=bi", "sink=erp"},
		"sink_filtered_events_total":            {"sink=erp"},
		"sink_oldest_pending_timestamp_seconds": {"sink=erp"},
		"sink_pending_events":                   {"sink=bi", "sink=erp"},
		"trace_spans_total":                     {"export=done", "export=failed"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestProcessMetricsAreThere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"go_goroutines", "go_build_info"} {
		if n, err := testutil.GatherAndCount(metrics.New().Registry, name); err != nil || n != 1 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}
