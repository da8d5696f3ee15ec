// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// The metrics of each webhook have its name, and what is of none has no such label.
func TestPool(t *testing.T) {
	t.Parallel()
	crm, erp := metrics.Of("crm"), metrics.Of("erp")
	webhooks := []*metrics.Metrics{crm, erp}
	pool := metrics.NewPool(func() []*metrics.Metrics { return webhooks })
	crm.Answered(intake.Answer{Reason: intake.Stored})
	erp.Answered(intake.Answer{Reason: intake.SignatureMismatch})
	pool.Answered(intake.Answer{Reason: intake.PathUnknown})

	const name, failures = "superoffice_webhook_consecutive_failures", `
# HELP superoffice_webhook_consecutive_failures Requests in a row with a signature that verified, thus SuperOffice's own, that were not answered with 200. SuperOffice disables a webhook after 9.
# TYPE superoffice_webhook_consecutive_failures gauge
superoffice_webhook_consecutive_failures{webhook="crm"} 0
superoffice_webhook_consecutive_failures{webhook="erp"} 0
`
	if err := testutil.GatherAndCompare(pool, strings.NewReader(failures), name); err != nil {
		t.Error(err)
	}
	for want, n := range map[string]float64{
		`code="404" reason="PathUnknown"`:                     1,
		`code="200" reason="Stored" webhook="crm"`:            1,
		`code="200" reason="Stored" webhook="erp"`:            0,
		`code="401" reason="SignatureMismatch" webhook="erp"`: 1,
	} {
		if got, there := requests(t, pool)[want]; !there || got != n {
			t.Errorf("%s is %v (there: %t), want %v", want, got, there, n)
		}
	}
	webhooks = webhooks[:1]
	if n, err := testutil.GatherAndCount(pool, name); err != nil || n != 1 {
		t.Errorf("of one that is gone there are %d series, error %v", n-1, err)
	}
}

// requests are the counters of requests by their labels.
func requests(t *testing.T, pool *metrics.Pool) map[string]float64 {
	t.Helper()
	families, err := pool.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "superoffice_webhook_requests_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+`="`+l.GetValue()+`"`)
			}
			found[strings.Join(labels, " ")] = m.GetCounter().GetValue()
		}
	}
	return found
}

// All are asked at the same time: one whose queue is elsewhere and does not answer takes no time from the others.
func TestPoolAsksAllAtOnce(t *testing.T) {
	t.Parallel()
	const n = 3
	var asked sync.WaitGroup
	asked.Add(n)
	var webhooks []*metrics.Metrics
	for _, name := range []string{"a", "b", "c"} {
		m := metrics.Of(name)
		m.CollectStatus(func(context.Context) status.Status {
			asked.Done()
			asked.Wait() // each waits for all others
			return status.Status{Queue: status.Queue{MaxBytes: 1}}
		})
		webhooks = append(webhooks, m)
	}
	pool := metrics.NewPool(func() []*metrics.Metrics { return webhooks })
	if count, err := testutil.GatherAndCount(pool, "superoffice_webhook_queue_max_bytes"); err != nil || count != n {
		t.Errorf("%d series, error %v", count, err)
	}
}
