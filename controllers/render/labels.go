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
	// LabelPool is the name of the pool that an object belongs to, in place of LabelWebhook.
	LabelPool = "webhooks.superoffice.dev/pool"
)

// Name is the name of all objects of a resource. The schema keeps it within the 63 characters of a Service's name.
func Name(w *v1alpha1.SuperOfficeWebhook) string { return w.Name + "-receiver" }

// PoolName is the name of all objects of a pool. No resource has objects of such a name.
func PoolName(pool string) string { return pool + "-pool" }

// ReceiversName is the name of the objects, such as the Deployment and the Service, of the receivers that serve a resource:
// its own ones or those of its pool.
func ReceiversName(w *v1alpha1.SuperOfficeWebhook) string {
	if w.Spec.Receiver.Pool != "" {
		return PoolName(w.Spec.Receiver.Pool)
	}
	return Name(w)
}

// Selector picks the receiver pods that serve a resource: its own ones or those of its pool.
func Selector(w *v1alpha1.SuperOfficeWebhook) map[string]string {
	if w.Spec.Receiver.Pool != "" {
		return selector(LabelPool, w.Spec.Receiver.Pool)
	}
	return selector(LabelWebhook, w.Name)
}

func selector(label, name string) map[string]string {
	return map[string]string{LabelName: "superoffice-webhook-receiver", label: name}
}

// podLabels are what pods of a selector have. They leave the operator's version out, so that a new operator does not by
// itself replace the pods.
func podLabels(selector map[string]string) map[string]string {
	l := maps.Clone(selector)
	l["app.kubernetes.io/component"] = "receiver"
	l["app.kubernetes.io/part-of"] = "superoffice-webhook-operator"
	l[LabelManagedBy] = ManagedBy
	return l
}

// ownLabels are those of what belongs to one resource, whoever serves it.
func ownLabels(w *v1alpha1.SuperOfficeWebhook, o Options) map[string]string {
	return objectLabels(selector(LabelWebhook, w.Name), o)
}

func objectLabels(selector map[string]string, o Options) map[string]string {
	l := podLabels(selector)
	if o.Version != "" {
		l["app.kubernetes.io/version"] = o.Version
	}
	return l
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
