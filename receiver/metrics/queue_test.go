// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"context"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// full is the status of a receiver of which there is much to tell, values from events among it.
func full(context.Context) status.Status {
	oldest := time.Date(2026, 2, 3, 4, 5, 6, 789_000_000, time.UTC)
	return status.Status{
		Version: "v1", Ready: true,
		Config: status.Config{Hash: "abc", Error: "sinks: must name at least one sink"},
		Intake: status.Intake{LastReceived: &oldest, LastRejection: &status.Rejection{Time: oldest, Reason: "SignatureMismatch"}},
		Queue:  status.Queue{Events: 12, Bytes: 3 << 30, MaxBytes: 1 << 40, DeadLettered: 5, Error: "the queue is full"},
		Sinks: []status.Sink{
			{Name: "erp", State: status.Failing, CircuitOpen: true, Pending: 7, OldestPending: &oldest, DeadLettered: 2, LastError: "answered: Cust12345"},
			{Name: "bi", State: status.Delivering},
		},
	}
}

var names = []string{
	"queue_events", "queue_bytes", "queue_max_bytes", "queue_dead_letters",
	"sink_pending_events", "sink_oldest_pending_timestamp_seconds", "sink_dead_letters", "sink_circuit_open",
	"config_info", "config_last_reload_successful",
}

func TestStatusMetrics(t *testing.T) {
	t.Parallel()
	t.Run("tell what the status document tells", func(t *testing.T) {
		t.Parallel()
		m := metrics.New()
		m.CollectStatus(full)
		gathers(t, m, `
# HELP superoffice_webhook_config_info The configuration in force, by its hash.
# TYPE superoffice_webhook_config_info gauge
superoffice_webhook_config_info{hash="abc"} 1
# HELP superoffice_webhook_config_last_reload_successful 1 while the newest configuration is in force, 0 while it is refused and a former one is.
# TYPE superoffice_webhook_config_last_reload_successful gauge
superoffice_webhook_config_last_reload_successful 0
# HELP superoffice_webhook_queue_bytes Bytes on disk of events and dead letters.
# TYPE superoffice_webhook_queue_bytes gauge
superoffice_webhook_queue_bytes 3.221225472e+09
# HELP superoffice_webhook_queue_dead_letters Dead letters that are kept: of all sinks, and of requests that held no event.
# TYPE superoffice_webhook_queue_dead_letters gauge
superoffice_webhook_queue_dead_letters 5
# HELP superoffice_webhook_queue_events Events in the queue, delivered ones included that are kept to recognise repetitions.
# TYPE superoffice_webhook_queue_events gauge
superoffice_webhook_queue_events 12
# HELP superoffice_webhook_queue_max_bytes Bytes on disk that events may take.
# TYPE superoffice_webhook_queue_max_bytes gauge
superoffice_webhook_queue_max_bytes 1.099511627776e+12
# HELP superoffice_webhook_sink_circuit_open 1 while a sink is down and only probed, else 0.
# TYPE superoffice_webhook_sink_circuit_open gauge
superoffice_webhook_sink_circuit_open{sink="bi"} 0
superoffice_webhook_sink_circuit_open{sink="erp"} 1
# HELP superoffice_webhook_sink_dead_letters Dead letters of a sink that are kept.
# TYPE superoffice_webhook_sink_dead_letters gauge
superoffice_webhook_sink_dead_letters{sink="bi"} 0
superoffice_webhook_sink_dead_letters{sink="erp"} 2
# HELP superoffice_webhook_sink_oldest_pending_timestamp_seconds When the oldest event that waits for a sink was received; not there while none waits.
# TYPE superoffice_webhook_sink_oldest_pending_timestamp_seconds gauge
superoffice_webhook_sink_oldest_pending_timestamp_seconds{sink="erp"} 1.770091506789e+09
# HELP superoffice_webhook_sink_pending_events Events that wait for a sink.
# TYPE superoffice_webhook_sink_pending_events gauge
superoffice_webhook_sink_pending_events{sink="bi"} 0
superoffice_webhook_sink_pending_events{sink="erp"} 7
`, names...)
	})
	t.Run("ask anew for each scrape, and forget what is no more", func(t *testing.T) {
		t.Parallel()
		m := metrics.New()
		s := full(t.Context())
		m.CollectStatus(func(context.Context) status.Status { return s })
		if _, err := m.Registry.Gather(); err != nil {
			t.Fatal(err)
		}
		s.Config, s.Sinks = status.Config{Hash: "def"}, s.Sinks[1:]
		gathers(t, m, `
# HELP superoffice_webhook_config_info The configuration in force, by its hash.
# TYPE superoffice_webhook_config_info gauge
superoffice_webhook_config_info{hash="def"} 1
# HELP superoffice_webhook_config_last_reload_successful 1 while the newest configuration is in force, 0 while it is refused and a former one is.
# TYPE superoffice_webhook_config_last_reload_successful gauge
superoffice_webhook_config_last_reload_successful 1
# HELP superoffice_webhook_sink_pending_events Events that wait for a sink.
# TYPE superoffice_webhook_sink_pending_events gauge
superoffice_webhook_sink_pending_events{sink="bi"} 0
`, "config_info", "config_last_reload_successful", "sink_pending_events", "sink_oldest_pending_timestamp_seconds")
	})
	t.Run("do not wait for the queue for ever", func(t *testing.T) {
		t.Parallel()
		m := metrics.New()
		m.CollectStatus(func(ctx context.Context) status.Status {
			end, ok := ctx.Deadline()
			if left := time.Until(end); !ok || left > 5*time.Second {
				t.Errorf("a scrape may take %s", left)
			}
			return status.Status{}
		})
		if _, err := m.Registry.Gather(); err != nil {
			t.Fatal(err)
		}
	})
}
