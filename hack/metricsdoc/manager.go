// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers"
)

// managerExample is a manager with one resource.
func managerExample() *prometheus.Registry {
	elected := make(chan struct{})
	close(elected)
	registry := prometheus.NewRegistry()
	registry.MustRegister(controllers.NewConditionMetrics(oneResource{}, elected))
	return registry
}

// oneResource is a cache that holds one resource.
type oneResource struct{ client.Reader }

func (oneResource) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	webhook := v1alpha1.SuperOfficeWebhook{ObjectMeta: metav1.ObjectMeta{Namespace: "sales", Name: "crm"}}
	webhook.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue}}
	list.(*v1alpha1.SuperOfficeWebhookList).Items = []v1alpha1.SuperOfficeWebhook{webhook}
	return nil
}
