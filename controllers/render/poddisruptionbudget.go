// SPDX-License-Identifier: Apache-2.0

package render

import (
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	metav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	policyv1 "k8s.io/client-go/applyconfigurations/policy/v1"
)

// podDisruptionBudget lets a drain take one receiver at a time. Broken ones may always be taken: they answer nobody, and
// a node must not wait for them.
func podDisruptionBudget(r *receivers, o Options) *policyv1.PodDisruptionBudgetApplyConfiguration {
	return policyv1.PodDisruptionBudget(r.name, r.namespace).
		WithLabels(objectLabels(r.selector, o)).
		WithOwnerReferences(r.owners...).
		WithSpec(policyv1.PodDisruptionBudgetSpec().
			WithMaxUnavailable(intstr.FromInt32(1)).
			WithUnhealthyPodEvictionPolicy(policy.AlwaysAllow).
			WithSelector(metav1.LabelSelector().WithMatchLabels(r.selector)))
}
