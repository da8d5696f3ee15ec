// SPDX-License-Identifier: Apache-2.0

package render

import (
	"math"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1 "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	metav1 "k8s.io/client-go/applyconfigurations/meta/v1"
)

// A pod's way out: it fails its readiness, serves on until every load balancer has noticed, then delivers what it still
// holds, and hands over to another pod what its sinks do not take. Kubelet's patience is longer than the sum of these and
// of what requests and attempts under way may take, so that nothing is cut off.
//
// Some load balancers send requests to a pod that ends for as long as it counts as ready. Kubelet finds that it is not
// within readinessFailures * readinessPeriod, and has to say so, and they to hear it, on a busy cluster, too.
//
// A pod whose queue outlives it does not deliver at its end: with a claimed volume nobody else could serve meanwhile, and
// its successor, who waits for the volume, delivers what is left; where all share one queue, the others deliver it.
const (
	defaultShutdownDelay = 15 * time.Second
	drainTimeout         = 10 * time.Second
	handOverTimeout      = time.Minute
)

func (r *receivers) wayOut() (delay, drain, handOver time.Duration) {
	if r.claimed {
		return 0, 0, 0
	}
	if r.dataBytes == 0 {
		return r.shutdownDelay(), 0, 0
	}
	return r.shutdownDelay(), drainTimeout, handOverTimeout
}

// shutdownDelay is the default, too, where the schema would have refused what is said.
func (r *receivers) shutdownDelay() time.Duration {
	delay, err := time.ParseDuration(string(r.shape.ShutdownDelay))
	if err != nil {
		return defaultShutdownDelay
	}
	return delay
}

// gracePeriod is in whole seconds, as Kubernetes wants it, and the same whatever the queue.
func (r *receivers) gracePeriod() int64 {
	patience := r.shutdownDelay() + drainTimeout + handOverTimeout + 20*time.Second
	return int64(math.Ceil(patience.Seconds()))
}

// defaultReplicas let one pod go while the other answers.
const defaultReplicas = 2

// deployment runs the receivers. Under an autoscaler it does not say how many.
func deployment(r *receivers, o Options, template *corev1.PodTemplateSpecApplyConfiguration) *appsv1.DeploymentApplyConfiguration {
	spec := appsv1.DeploymentSpec().
		WithRevisionHistoryLimit(3).
		WithStrategy(strategy(r)).
		WithSelector(metav1.LabelSelector().WithMatchLabels(r.selector)).
		WithTemplate(template)
	if r.shape.Autoscaling == nil {
		spec.WithReplicas(r.leastReplicas())
	}
	return appsv1.Deployment(r.name, r.namespace).
		WithLabels(objectLabels(r.selector, o)).
		WithOwnerReferences(r.owners...).
		WithSpec(spec)
}

// strategy has a new pod ready before an old one goes, because SuperOffice disables a webhook that does not answer for
// about 15 seconds; but a claimed volume can be used by one pod only.
func strategy(r *receivers) *appsv1.DeploymentStrategyApplyConfiguration {
	if r.claimed {
		return appsv1.DeploymentStrategy().WithType(apps.RecreateDeploymentStrategyType)
	}
	return appsv1.DeploymentStrategy().
		WithType(apps.RollingUpdateDeploymentStrategyType).
		WithRollingUpdate(appsv1.RollingUpdateDeployment().
			WithMaxSurge(intstr.FromString("25%")).
			WithMaxUnavailable(intstr.FromInt32(0)))
}

// podSpec keeps to the restricted pod security standard. It names no user, so that the image's own (not root) or the one
// that OpenShift assigns to the namespace is taken.
func podSpec(r *receivers, o Options) *corev1.PodSpecApplyConfiguration {
	return corev1.PodSpec().
		WithServiceAccountName(r.name).
		WithImagePullSecrets(imagePullSecrets(r)...).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithTerminationGracePeriodSeconds(r.gracePeriod()).
		WithSecurityContext(podSecurityContext(r, o)).
		WithTopologySpreadConstraints(
			spreadOver(r, core.LabelTopologyZone),
			spreadOver(r, core.LabelHostname)).
		WithContainers(container(r, o)).
		WithVolumes(volumes(r)...)
}

// spreadOver asks for pods in different places, but rather has them in one than not at all. Pods of the former version
// are not counted: they are about to leave.
func spreadOver(r *receivers, topologyKey string) *corev1.TopologySpreadConstraintApplyConfiguration {
	return corev1.TopologySpreadConstraint().
		WithMaxSkew(1).
		WithTopologyKey(topologyKey).
		WithWhenUnsatisfiable(core.ScheduleAnyway).
		WithLabelSelector(metav1.LabelSelector().WithMatchLabels(r.selector)).
		WithMatchLabelKeys(apps.DefaultDeploymentUniqueLabelKey)
}

func imagePullSecrets(r *receivers) []*corev1.LocalObjectReferenceApplyConfiguration {
	var all []*corev1.LocalObjectReferenceApplyConfiguration
	for _, s := range r.shape.ImagePullSecrets {
		all = append(all, corev1.LocalObjectReference().WithName(s.Name))
	}
	return all
}
