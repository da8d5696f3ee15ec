// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

func TestConditionMetrics(t *testing.T) {
	w := resource(func(w *v1alpha1.SuperOfficeWebhook) {
		w.Status.Conditions = []meta.Condition{
			{Type: v1alpha1.ConditionReady, Status: meta.ConditionFalse},
			{Type: "SomebodyElses", Status: meta.ConditionTrue},
		}
	})
	api := server(t, w).Build()
	elected := make(chan struct{})
	m := NewConditionMetrics(api, elected)
	if n := testutil.CollectAndCount(m); n != 0 {
		t.Errorf("%d series of a manager that is not elected", n)
	}
	close(elected)
	const want = `
# HELP superoffice_webhook_resource_condition Whether a condition of a SuperOfficeWebhook has a status: 1 for the one that it has, 0 for the two others.
# TYPE superoffice_webhook_resource_condition gauge
superoffice_webhook_resource_condition{name="crm",namespace="sales",status="False",type="Ready"} 1
superoffice_webhook_resource_condition{name="crm",namespace="sales",status="True",type="Ready"} 0
superoffice_webhook_resource_condition{name="crm",namespace="sales",status="Unknown",type="Ready"} 0
`
	if err := testutil.CollectAndCompare(m, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
	if err := api.Delete(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if n := testutil.CollectAndCount(m); n != 0 {
		t.Errorf("%d series of a resource that is gone", n)
	}
}
