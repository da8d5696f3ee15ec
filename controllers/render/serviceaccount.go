// SPDX-License-Identifier: Apache-2.0

package render

import (
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// serviceAccount is an identity without rights and without a token: what faces the internet can't talk to the API server.
func serviceAccount(w *v1alpha1.SuperOfficeWebhook, o Options) *corev1.ServiceAccountApplyConfiguration {
	return corev1.ServiceAccount(Name(w), w.Namespace).
		WithLabels(objectLabels(w, o)).
		WithOwnerReferences(owner(w)).
		WithAutomountServiceAccountToken(false)
}
