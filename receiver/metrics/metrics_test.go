// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"errors"
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
	var observer intake.Observer = m
	for _, r := range []intake.Reason{
		intake.Stored, intake.Stored, intake.Duplicate, intake.SignatureMismatch, intake.BodyTooLarge, intake.QueueFull, intake.InternalError,
	} {
		observer.Answered(r, 2*time.Millisecond)
	}
	observer.Answered(intake.Stored, time.Minute)
	for _, slot := range []string{"current", "previous", "current"} {
		observer.Verified(slot)
	}
	gathers(t, m, `
# HELP superoffice_webhook_requests_total Requests to intake, by the status that was answered and the reason for it.
# TYPE superoffice_webhook_requests_total counter
superoffice_webhook_requests_total{code="200",reason="Duplicate"} 1
superoffice_webhook_requests_total{code="200",reason="Stored"} 3
superoffice_webhook_requests_total{code="401",reason="SignatureMismatch"} 1
superoffice_webhook_requests_total{code="413",reason="BodyTooLarge"} 1
superoffice_webhook_requests_total{code="500",reason="InternalError"} 1
superoffice_webhook_requests_total{code="503",reason="QueueFull"} 1
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
# HELP superoffice_webhook_signatures_verified_total Signatures that verified, by the slot of the secret that made them.
# TYPE superoffice_webhook_signatures_verified_total counter
superoffice_webhook_signatures_verified_total{secret="current"} 2
superoffice_webhook_signatures_verified_total{secret="previous"} 1
`, "requests_total", "request_duration_seconds", "signatures_verified_total")
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
		histogram(`outcome="delivered",sink="erp"`, "0 0 1 1 1 1 2 2 2 2", "3.005", "2")+
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
	m.Answered(intake.Stored, time.Millisecond)
	m.Verified("current")
	m.Attempted("erp", sink.Delivered{}, time.Millisecond)
	m.Attempted("erp", sink.Retry{}, time.Millisecond)
	m.Attempted("erp", sink.Dead{Reason: "no", Answer: "no"}, time.Millisecond)
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
		"config_info":                           {"hash=abc"},
		"config_reloads_total":                  {"result=applied"},
		"delivery_attempt_duration_seconds":     {"outcome=dead", "outcome=delivered", "outcome=retry", "sink=erp"},
		"queue_bytes":                           nil,
		"queue_events":                          nil,
		"queue_max_bytes":                       nil,
		"request_duration_seconds":              nil,
		"requests_total":                        {"code=200", "reason=Stored"},
		"signatures_verified_total":             {"secret=current"},
		"sink_circuit_open":                     {"sink=bi", "sink=erp"},
		"sink_dead_letters":                     {"sink=bi", "sink=erp"},
		"sink_oldest_pending_timestamp_seconds": {"sink=erp"},
		"sink_pending_events":                   {"sink=bi", "sink=erp"},
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
