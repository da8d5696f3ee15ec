// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/superoffice-webhook/operator/receiver/intake"
)

// Pool are the metrics of a process that receives many webhooks: its own, and those of each webhook. Make it with NewPool.
type Pool struct {
	process  *prometheus.Registry
	requests *prometheus.CounterVec
	webhooks func() []*Metrics
}

// NewPool makes them. webhooks tells, at each scrape, whose metrics there are.
func NewPool(webhooks func() []*Metrics) *Pool {
	p := &Pool{process: newProcess(), requests: newRequests(), webhooks: webhooks}
	p.requests.WithLabelValues(strconv.Itoa(intake.PathUnknown.Status()), string(intake.PathUnknown)) // there from the start
	p.process.MustRegister(p.requests)
	return p
}

// Answered implements intake.Observer for requests that no webhook received. They have no label webhook.
func (p *Pool) Answered(a intake.Answer) {
	p.requests.WithLabelValues(strconv.Itoa(a.Reason.Status()), string(a.Reason)).Inc()
}

// Gather implements prometheus.Gatherer. It asks all at the same time, since one may have to wait for a queue elsewhere.
func (p *Pool) Gather() ([]*dto.MetricFamily, error) {
	all := prometheus.Gatherers{p.process}
	var gathering sync.WaitGroup
	for _, m := range p.webhooks() {
		var families []*dto.MetricFamily
		var err error
		gathering.Go(func() { families, err = m.Registry.Gather() })
		all = append(all, prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, err }))
	}
	gathering.Wait()
	return all.Gather()
}
