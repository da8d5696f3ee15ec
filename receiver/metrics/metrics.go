// SPDX-License-Identifier: Apache-2.0

// Package metrics are the receiver's Prometheus metrics: in base units, with labels from small fixed sets and the names
// of the configured sinks, never with a value from an event.
package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

const namespace = "superoffice_webhook"

// Metrics of one receiver.
type Metrics struct {
	// Registry holds all of them.
	Registry *prometheus.Registry

	requests *prometheus.CounterVec
	duration prometheus.Histogram
	verified *prometheus.CounterVec
	attempts *prometheus.HistogramVec
	reloads  *prometheus.CounterVec
}

// New makes the metrics of a process.
func New() *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "requests_total",
			Help: "Requests to intake, by the status that was answered and the reason for it.",
		}, []string{"code", "reason"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "request_duration_seconds",
			Help:    "Time that intake took to answer a request.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10),
		}),
		verified: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "signatures_verified_total",
			Help: "Signatures that verified, by the slot of the secret that made them.",
		}, []string{"secret"}),
		attempts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "delivery_attempt_duration_seconds",
			Help:    "Time that attempts to deliver took, by sink and outcome (delivered, retry, dead).",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
		}, []string{"sink", "outcome"}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "config_reloads_total",
			Help: "Changes of the configuration or of a secret, by result (applied, refused).",
		}, []string{"result"}),
	}
	m.Registry.MustRegister(m.requests, m.duration, m.verified, m.attempts, m.reloads,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector())
	return m
}

// Answered implements intake.Observer.
func (m *Metrics) Answered(r intake.Reason, took time.Duration) {
	m.requests.WithLabelValues(strconv.Itoa(r.Status()), string(r)).Inc()
	m.duration.Observe(took.Seconds())
}

// Verified implements intake.Observer.
func (m *Metrics) Verified(slot string) { m.verified.WithLabelValues(slot).Inc() }

// Attempted is a delivery.Observer.
func (m *Metrics) Attempted(name string, o sink.Outcome, took time.Duration) {
	outcome := "delivered"
	switch o.(type) {
	case sink.Retry:
		outcome = "retry"
	case sink.Dead:
		outcome = "dead"
	}
	m.attempts.WithLabelValues(name, outcome).Observe(took.Seconds())
}

// Reloaded counts a change of the configuration that was applied, or refused because of an error.
func (m *Metrics) Reloaded(err error) {
	result := "applied"
	if err != nil {
		result = "refused"
	}
	m.reloads.WithLabelValues(result).Inc()
}
