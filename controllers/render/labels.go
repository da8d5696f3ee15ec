// SPDX-License-Identifier: Apache-2.0

package render

import (
	"maps"
	"slices"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// The labels by which the operator finds what it made.
const (
	// LabelManagedBy has the value ManagedBy on everything that the operator makes, pods included. The operator's
	// cache holds nothing else.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// ManagedBy is the value of LabelManagedBy.
	ManagedBy = "superoffice-webhook-operator"
	// LabelName has the same value on all receiver pods.
	LabelName = "app.kubernetes.io/name"
	// LabelWebhook is the name of the resource that an object belongs to.
	LabelWebhook = "webhooks.superoffice.dev/webhook"
)

// Name is the name of all objects of a resource. The schema keeps it within the 63 characters of a Service's name.
func Name(w *v1alpha1.SuperOfficeWebhook) string { return w.Name + "-receiver" }

// Selector picks the receiver pods of a resource. It must never change: the selector of a Deployment is immutable.
func Selector(w *v1alpha1.SuperOfficeWebhook) map[string]string {
	return map[string]string{
		LabelName:    "superoffice-webhook-receiver",
		LabelWebhook: w.Name,
	}
}

// podLabels leave the operator's version out, so that a new operator does not by itself replace the pods.
func podLabels(w *v1alpha1.SuperOfficeWebhook) map[string]string {
	l := Selector(w)
	l["app.kubernetes.io/component"] = "receiver"
	l["app.kubernetes.io/part-of"] = "superoffice-webhook-operator"
	l[LabelManagedBy] = ManagedBy
	return l
}

func objectLabels(w *v1alpha1.SuperOfficeWebhook, o Options) map[string]string {
	l := maps.Clone(podLabels(w))
	if o.Version != "" {
		l["app.kubernetes.io/version"] = o.Version
	}
	return l
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
