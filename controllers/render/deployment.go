// SPDX-License-Identifier: Apache-2.0

package render

import (
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1 "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	metav1 "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// A pod's way out: it fails its readiness, serves on until every load balancer has noticed, then delivers what it still
// holds. Kubelet's patience is longer than the sum, so that no delivery is cut off.
const (
	shutdownDelay = 5 * time.Second
	drainTimeout  = 20 * time.Second
	gracePeriod   = shutdownDelay + drainTimeout + 10*time.Second
)

// defaultReplicas repeats the schema's default for resources that did not pass through an API server.
const defaultReplicas = 2

// deployment runs the receivers. A new pod is ready before an old one goes, because SuperOffice disables a webhook that
// does not answer for about 15 seconds.
func deployment(w *v1alpha1.SuperOfficeWebhook, o Options) *appsv1.DeploymentApplyConfiguration {
	replicas := int32(defaultReplicas)
	if r := w.Spec.Receiver.Replicas; r != nil {
		replicas = *r
	}
	return appsv1.Deployment(Name(w), w.Namespace).
		WithLabels(objectLabels(w, o)).
		WithOwnerReferences(owner(w)).
		WithSpec(appsv1.DeploymentSpec().
			WithReplicas(replicas).
			WithRevisionHistoryLimit(3).
			WithStrategy(appsv1.DeploymentStrategy().
				WithType(apps.RollingUpdateDeploymentStrategyType).
				WithRollingUpdate(appsv1.RollingUpdateDeployment().
					WithMaxSurge(intstr.FromString("25%")).
					WithMaxUnavailable(intstr.FromInt32(0)))).
			WithSelector(metav1.LabelSelector().WithMatchLabels(Selector(w))).
			WithTemplate(corev1.PodTemplateSpec().
				WithLabels(podLabels(w)).
				WithSpec(podSpec(w, o))))
}

// podSpec keeps to the restricted pod security standard. It names no user, so that the image's own (not root) or the one
// that OpenShift assigns to the namespace is taken.
func podSpec(w *v1alpha1.SuperOfficeWebhook, o Options) *corev1.PodSpecApplyConfiguration {
	return corev1.PodSpec().
		WithServiceAccountName(Name(w)).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithTerminationGracePeriodSeconds(int64(gracePeriod.Seconds())).
		WithSecurityContext(corev1.PodSecurityContext().
			WithRunAsNonRoot(true).
			WithSeccompProfile(corev1.SeccompProfile().WithType(core.SeccompProfileTypeRuntimeDefault))).
		WithTopologySpreadConstraints(
			spreadOver(w, core.LabelTopologyZone),
			spreadOver(w, core.LabelHostname)).
		WithContainers(container(w, o)).
		WithVolumes(configVolume(w), dataVolume(w))
}

// spreadOver asks for pods in different places, but rather has them in one than not at all. Pods of the former version
// are not counted: they are about to leave.
func spreadOver(w *v1alpha1.SuperOfficeWebhook, topologyKey string) *corev1.TopologySpreadConstraintApplyConfiguration {
	return corev1.TopologySpreadConstraint().
		WithMaxSkew(1).
		WithTopologyKey(topologyKey).
		WithWhenUnsatisfiable(core.ScheduleAnyway).
		WithLabelSelector(metav1.LabelSelector().WithMatchLabels(Selector(w))).
		WithMatchLabelKeys(apps.DefaultDeploymentUniqueLabelKey)
}
