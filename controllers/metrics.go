// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// conditionTypes are those that the operator sets.
var conditionTypes = []string{
	v1alpha1.ConditionReady, v1alpha1.ConditionSecretResolved, v1alpha1.ConditionSecretInForce, v1alpha1.ConditionCertificateResolved,
	v1alpha1.ConditionQueueResolved, v1alpha1.ConditionSinksResolved, v1alpha1.ConditionReceiverAvailable,
	v1alpha1.ConditionPoolAgreed, v1alpha1.ConditionExposed, v1alpha1.ConditionReachable, v1alpha1.ConditionDelivering,
	v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
}

var conditionStatuses = []meta.ConditionStatus{meta.ConditionTrue, meta.ConditionFalse, meta.ConditionUnknown}

// NewConditionMetrics tells of each condition of each resource which status it has, once this manager is the elected one:
// the others would tell the same. It reads what reader has at each scrape, so a resource that is gone leaves nothing behind.
func NewConditionMetrics(reader client.Reader, elected <-chan struct{}) prometheus.Collector {
	return &conditionMetrics{
		reader:  reader,
		elected: elected,
		gauge: prometheus.NewDesc("superoffice_webhook_resource_condition",
			"Whether a condition of a SuperOfficeWebhook has a status: 1 for the one that it has, 0 for the two others.",
			[]string{"namespace", "name", "type", "status"}, nil),
	}
}

type conditionMetrics struct {
	reader  client.Reader
	elected <-chan struct{}
	gauge   *prometheus.Desc
}

func (m *conditionMetrics) Describe(to chan<- *prometheus.Desc) { to <- m.gauge }

// Collect is bounded, though a cache answers at once.
func (m *conditionMetrics) Collect(to chan<- prometheus.Metric) {
	select {
	case <-m.elected:
	default:
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var webhooks v1alpha1.SuperOfficeWebhookList
	if err := m.reader.List(ctx, &webhooks, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.Log.Error(err, "Can't list resources for the metrics")
		return
	}
	for i := range webhooks.Items {
		m.tell(&webhooks.Items[i], to)
	}
}

func (m *conditionMetrics) tell(webhook *v1alpha1.SuperOfficeWebhook, to chan<- prometheus.Metric) {
	for _, c := range webhook.Status.Conditions {
		if !slices.Contains(conditionTypes, c.Type) {
			continue // somebody else's, of any number
		}
		for _, status := range conditionStatuses {
			value := 0.0
			if c.Status == status {
				value = 1
			}
			to <- prometheus.MustNewConstMetric(m.gauge, prometheus.GaugeValue, value, webhook.Namespace, webhook.Name, c.Type, string(status))
		}
	}
}
