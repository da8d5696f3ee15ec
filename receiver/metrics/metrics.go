// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Namespace begins the names of all metrics that are of the receiver's own, with an underscore behind it.
const Namespace = "superoffice_webhook"

// Metrics of one webhook.
type Metrics struct {
	// Registry holds all of them.
	Registry *prometheus.Registry

	register prometheus.Registerer // to Registry, with the labels that all have
	requests map[intake.Reason]prometheus.Counter
	duration prometheus.Histogram
	body     prometheus.Histogram
	failures prometheus.Gauge
	verified *byName[prometheus.Counter]
	attempts *byName[attempts]
	filtered *byName[prometheus.Counter]

	applied, refused prometheus.Counter
	exported, lost   prometheus.Counter
}

// attempts to deliver to one sink, by outcome.
type attempts struct{ delivered, retry, dead prometheus.Observer }

// New makes the metrics of a process that receives one webhook. Those whose labels are known are there from the start, at 0.
func New() *Metrics {
	registry := newProcess()
	return on(registry, registry)
}

// Of makes the metrics of one webhook among those that a process receives. All have its name as the label webhook.
func Of(webhook string) *Metrics {
	registry := prometheus.NewRegistry()
	return on(registry, prometheus.WrapRegistererWith(prometheus.Labels{"webhook": webhook}, registry))
}

func newProcess() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector())
	return registry
}

func on(registry *prometheus.Registry, register prometheus.Registerer) *Metrics {
	m := &Metrics{Registry: registry, register: register, requests: map[intake.Reason]prometheus.Counter{}}
	m.registerIntake()
	m.registerDelivery()
	m.registerReloads()
	m.registerTraces()
	return m
}

func (m *Metrics) registerIntake() {
	requests := newRequests()
	for _, r := range intake.Reasons() {
		m.requests[r] = requests.WithLabelValues(strconv.Itoa(r.Status()), string(r))
	}
	m.duration = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: Namespace, Name: "request_duration_seconds",
		Help:    "Time that intake took to answer a request.",
		Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10),
	})
	m.body = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: Namespace, Name: "request_body_bytes",
		Help:    "Bytes that were read of the bodies of requests, of refused ones as well; empty bodies are left out.",
		Buckets: prometheus.ExponentialBuckets(256, 4, 8),
	})
	m.failures = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: Namespace, Name: "consecutive_failures",
		Help: "Requests in a row with a signature that verified, thus SuperOffice's own, that were not answered with 200. " +
			"SuperOffice disables a webhook after 9.",
	})
	verified := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: Namespace, Name: "signatures_verified_total",
		Help: "Signatures that verified, by the slot of the secret that made them.",
	}, []string{"secret"})
	m.verified = &byName[prometheus.Counter]{
		create: func(slot string) prometheus.Counter { return verified.WithLabelValues(slot) },
		remove: func(slot string) { verified.DeleteLabelValues(slot) },
	}
	m.register.MustRegister(requests, m.duration, m.body, m.failures, verified)
}

func newRequests() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: Namespace, Name: "requests_total",
		Help: "Requests to intake, by the status that was answered and the reason for it.",
	}, []string{"code", "reason"})
}

func (m *Metrics) registerDelivery() {
	all := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: Namespace, Name: "delivery_attempt_duration_seconds",
		Help:    "Time that attempts to deliver took, by sink and outcome (delivered, retry, dead).",
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
	}, []string{"sink", "outcome"})
	m.attempts = &byName[attempts]{
		create: func(name string) attempts {
			return attempts{all.WithLabelValues(name, "delivered"), all.WithLabelValues(name, "retry"), all.WithLabelValues(name, "dead")}
		},
		remove: func(name string) { all.DeletePartialMatch(prometheus.Labels{"sink": name}) },
	}
	filtered := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: Namespace, Name: "sink_filtered_events_total",
		Help: "Events that a sink did not get because its filter is false for them.",
	}, []string{"sink"})
	m.filtered = &byName[prometheus.Counter]{
		create: func(name string) prometheus.Counter { return filtered.WithLabelValues(name) },
		remove: func(name string) { filtered.DeleteLabelValues(name) },
	}
	m.register.MustRegister(all, filtered)
}

func (m *Metrics) registerReloads() {
	reloads := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: Namespace, Name: "config_reloads_total",
		Help: "Changes of the configuration or of a secret, by result (applied, refused).",
	}, []string{"result"})
	m.applied, m.refused = reloads.WithLabelValues("applied"), reloads.WithLabelValues("refused")
	m.register.MustRegister(reloads)
}

func (m *Metrics) registerTraces() {
	spans := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: Namespace, Name: "trace_spans_total",
		Help: "Spans of traces that were sent to the collector, by what became of it (done, failed). What failed is lost.",
	}, []string{"export"})
	m.exported, m.lost = spans.WithLabelValues("done"), spans.WithLabelValues("failed")
	m.register.MustRegister(spans)
}

// Traced counts spans that were exported, or lost because of an error.
func (m *Metrics) Traced(spans int, err error) {
	if err != nil {
		m.lost.Add(float64(spans))
		return
	}
	m.exported.Add(float64(spans))
}

// Configured makes the metrics be there of exactly these slots of secrets and sinks: new ones at 0, so that it can be
// told from silence that nothing was counted, and none of those that are configured no more.
func (m *Metrics) Configured(slots, sinks []string) {
	m.verified.keep(slots)
	m.attempts.keep(sinks)
	m.filtered.keep(sinks)
}

// Answered implements intake.Observer.
func (m *Metrics) Answered(a intake.Answer) {
	m.requests[a.Reason].Inc()
	m.duration.Observe(a.Took.Seconds())
	if a.BodyBytes > 0 {
		m.body.Observe(float64(a.BodyBytes))
	}
	if a.Secret == "" { // anybody may have sent it, so it says nothing about what SuperOffice counts
		return
	}
	m.verified.get(a.Secret).Inc()
	if a.Reason.Status() == http.StatusOK {
		m.failures.Set(0)
	} else {
		m.failures.Inc()
	}
}

// Attempted is a delivery.Observer.
func (m *Metrics) Attempted(name string, o sink.Outcome, took time.Duration) {
	of := m.attempts.get(name)
	observer := of.delivered
	switch o.(type) {
	case sink.Retry:
		observer = of.retry
	case sink.Dead:
		observer = of.dead
	}
	observer.Observe(took.Seconds())
}

// Filtered is a delivery.Filtered.
func (m *Metrics) Filtered(name string) { m.filtered.get(name).Inc() }

// Reloaded counts a change of the configuration that was applied, or refused because of an error.
func (m *Metrics) Reloaded(err error) {
	if err != nil {
		m.refused.Inc()
		return
	}
	m.applied.Inc()
}
