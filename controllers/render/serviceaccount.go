// SPDX-License-Identifier: Apache-2.0

package render

import (
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
)

// serviceAccount is an identity without rights and without a token: what faces the internet can't talk to the API server.
func serviceAccount(r *receivers, o Options) *corev1.ServiceAccountApplyConfiguration {
	return corev1.ServiceAccount(r.name, r.namespace).
		WithLabels(objectLabels(r.selector, o)).
		WithOwnerReferences(r.owners...).
		WithAutomountServiceAccountToken(false)
}
