// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/superoffice-webhook/operator/receiver/status"
)

// collectTimeout bounds what a scrape may ask of the queue.
const collectTimeout = 5 * time.Second

// statusCollector turns the status document into gauges when it is scraped, so that both tell the same.
type statusCollector struct {
	status func(context.Context) status.Status
}

// CollectStatus adds what the status document tells of the queue and the sinks.
func (m *Metrics) CollectStatus(s func(context.Context) status.Status) {
	m.register.MustRegister(statusCollector{s})
}

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(Namespace, "", name), help, labels, nil)
}

var (
	queueEvents   = gauge("queue_events", "Events in the queue, delivered ones included that are kept to recognise repetitions.")
	queueBytes    = gauge("queue_bytes", "Bytes on disk of events and dead letters.")
	queueMaxBytes = gauge("queue_max_bytes", "Bytes on disk that events may take.")
	queueDead     = gauge("queue_dead_letters", "Dead letters that are kept: of all sinks, and of requests that held no event.")
	sinkPending   = gauge("sink_pending_events", "Events that wait for a sink.", "sink")
	sinkOldest    = gauge("sink_oldest_pending_timestamp_seconds", "When the oldest event that waits for a sink was received; not there while none waits.", "sink")
	sinkDead      = gauge("sink_dead_letters", "Dead letters of a sink that are kept.", "sink")
	sinkCircuit   = gauge("sink_circuit_open", "1 while a sink is down and only probed, else 0.", "sink")
	queueHealed   = gauge("queue_made_again_total", "Streams and cursors that somebody had removed from the JetStream cluster of the queue, and that were made anew.", "what")
	certExpires   = gauge("intake_certificate_expiry_timestamp_seconds", "When the certificate that intake shows is no longer valid; not there where intake speaks no TLS.")
	configInfo    = gauge("config_info", "The configuration in force, by its hash.", "hash")
	configTaken   = gauge("config_last_reload_successful", "1 while the newest configuration is in force, 0 while it is refused and a former one is.")
)

// Describe implements prometheus.Collector.
func (c statusCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		queueEvents, queueBytes, queueMaxBytes, queueDead, sinkPending, sinkOldest, sinkDead, sinkCircuit, queueHealed, certExpires, configInfo, configTaken,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c statusCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	s := c.status(ctx)
	put := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	if s.Config.Hash != "" { // else none was ever in force
		put(configInfo, 1, s.Config.Hash)
	}
	put(configTaken, oneIf(s.Config.Error == ""))
	for what, n := range map[string]int64{"stream": s.Queue.StreamsMadeAgain, "cursor": s.Queue.CursorsMadeAgain} {
		ch <- prometheus.MustNewConstMetric(queueHealed, prometheus.CounterValue, float64(n), what)
	}
	if at := s.Intake.CertificateExpires; at != nil {
		put(certExpires, float64(at.Unix()))
	}
	if s.Queue.MaxBytes == 0 { // the queue did not tell
		return
	}
	put(queueEvents, float64(s.Queue.Events))
	put(queueBytes, float64(s.Queue.Bytes))
	put(queueMaxBytes, float64(s.Queue.MaxBytes))
	put(queueDead, float64(s.Queue.DeadLettered))
	for _, sink := range s.Sinks {
		put(sinkPending, float64(sink.Pending), sink.Name)
		put(sinkDead, float64(sink.DeadLettered), sink.Name)
		put(sinkCircuit, oneIf(sink.CircuitOpen), sink.Name)
		if sink.OldestPending != nil {
			put(sinkOldest, float64(sink.OldestPending.UnixMilli())/1000, sink.Name)
		}
	}
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
