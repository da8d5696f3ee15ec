// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/status"
)

func TestPage(t *testing.T) {
	t.Parallel()
	got, err := page()
	if err != nil {
		t.Fatal(err)
	}
	names := described(example())
	if len(names) == 0 {
		t.Error("the registry describes nothing")
	}
	for name := range names {
		if !strings.Contains(string(got), "\n| `"+name+"` | ") {
			t.Errorf("it does not tell of %s", name)
		}
	}
	for _, r := range intake.Reasons() {
		if !strings.Contains(string(got), "`"+string(r)+"`") {
			t.Errorf("it does not tell of the reason %s", r)
		}
	}
	for _, part := range []string{
		"| `superoffice_webhook_requests_total` | counter |  | `code`, `reason` | Requests to intake, by the status",
		"| `superoffice_webhook_resource_condition` | gauge |  | `name`, `namespace`, `status`, `type` | Whether a condition",
		"| `superoffice_webhook_queue_bytes` | gauge | bytes |  | Bytes on disk",
		"| `superoffice_webhook_request_duration_seconds` | histogram | seconds |  | Time that",
		"| `result` | what became of a change: `applied`, `refused` |",
		"| `503` | `ConfigurationOlder`, `QueueFailed`, `QueueFull`, `TooManyAtOnce`, `TooMuchAtOnce` |",
		"```yaml\ngroups:\n",
	} {
		if !strings.Contains(string(got), part) {
			t.Errorf("it lacks %q", part)
		}
	}
	if strings.Contains(string(got), "<no value>") {
		t.Error("the template asks for what is not there")
	}
}

// What a page is silent about nobody misses, so the generator must.
func TestWhatCannotBeToldIsAnError(t *testing.T) {
	t.Parallel()
	t.Run("a metric that the example lacks", func(t *testing.T) {
		t.Parallel()
		m := metrics.New()
		m.Configured([]string{"current"}, []string{"erp"})
		m.CollectStatus(func(context.Context) status.Status {
			return status.Status{
				Config: status.Config{Hash: "abc"},
				Intake: status.Intake{CertificateExpires: new(time.Unix(0, 0))}, Queue: status.Queue{MaxBytes: 1}, Sinks: []status.Sink{{Name: "erp"}},
			}
		})
		const want = "the example does not fill in superoffice_webhook_sink_oldest_pending_timestamp_seconds"
		if _, err := gather(m.Registry); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})
	t.Run("a label that nobody explains", func(t *testing.T) {
		t.Parallel()
		registry := example()
		more := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: metrics.Namespace, Name: "more_total", Help: "More."}, []string{"tenant"})
		more.WithLabelValues("Default")
		registry.MustRegister(more)
		all, err := gather(registry)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := explain(all); err == nil || !strings.Contains(err.Error(), "tenant") {
			t.Errorf("error: %v", err)
		}
	})
}
