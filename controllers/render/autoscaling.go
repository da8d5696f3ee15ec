// SPDX-License-Identifier: Apache-2.0

package render

import (
	"errors"
	"fmt"

	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	autoscalingv2 "k8s.io/client-go/applyconfigurations/autoscaling/v2"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// defaultUtilization is the target where neither one nor a metric is given.
const defaultUtilization = 80

// receiverContainer is the name of the container that receives.
const receiverContainer = "receiver"

// horizontalPodAutoscaler is nil where the number of receivers is left to nobody, or to somebody else.
func horizontalPodAutoscaler(r *receivers, o Options) (*autoscalingv2.HorizontalPodAutoscalerApplyConfiguration, error) {
	a := r.shape.Autoscaling
	if a == nil || a.External != nil {
		return nil, nil
	}
	metrics, err := metrics(a)
	if err != nil {
		return nil, err
	}
	spec := autoscalingv2.HorizontalPodAutoscalerSpec().
		WithScaleTargetRef(autoscalingv2.CrossVersionObjectReference().WithAPIVersion("apps/v1").WithKind("Deployment").WithName(r.name)).
		WithMinReplicas(r.leastReplicas()).
		WithMaxReplicas(a.MaxReplicas).
		WithMetrics(metrics...)
	if a.Behavior != nil {
		behavior := &autoscalingv2.HorizontalPodAutoscalerBehaviorApplyConfiguration{}
		if err := decode("spec.receiver.autoscaling.behavior", a.Behavior.Raw, &autoscaling.HorizontalPodAutoscalerBehavior{}, behavior); err != nil {
			return nil, err
		}
		spec.WithBehavior(behavior)
	}
	return autoscalingv2.HorizontalPodAutoscaler(r.name, r.namespace).
		WithLabels(objectLabels(r.selector, o)).
		WithOwnerReferences(r.owners...).
		WithSpec(spec), nil
}

// metrics measure the CPU of the receiver's own container, so that others in the pod neither need a request nor count.
func metrics(a *v1alpha1.Autoscaling) ([]*autoscalingv2.MetricSpecApplyConfiguration, error) {
	var all []*autoscalingv2.MetricSpecApplyConfiguration
	utilization := a.TargetCPUUtilizationPercentage
	if utilization == nil && len(a.Metrics) == 0 {
		utilization = new(int32(defaultUtilization))
	}
	if utilization != nil {
		all = append(all, autoscalingv2.MetricSpec().
			WithType(autoscaling.ContainerResourceMetricSourceType).
			WithContainerResource(autoscalingv2.ContainerResourceMetricSource().
				WithContainer(receiverContainer).
				WithName("cpu").
				WithTarget(autoscalingv2.MetricTarget().WithType(autoscaling.UtilizationMetricType).WithAverageUtilization(*utilization))))
	}
	var wrong []error
	for i, m := range a.Metrics {
		metric := autoscalingv2.MetricSpec()
		wrong = append(wrong, decode(fmt.Sprintf("spec.receiver.autoscaling.metrics[%d]", i), m.Raw, &autoscaling.MetricSpec{}, metric))
		all = append(all, metric)
	}
	return all, errors.Join(wrong...)
}

// comparedRequests are the resources of which an autoscaler measures the share of what the receiver's container requests.
func comparedRequests(a *v1alpha1.Autoscaling) []core.ResourceName {
	if a.External != nil {
		return nil
	}
	all, err := metrics(a)
	if err != nil {
		return nil // it is refused
	}
	var names []core.ResourceName
	for _, m := range all {
		if of := m.ContainerResource; of != nil && of.Name != nil && is(of.Container, receiverContainer) && isShare(of.Target) {
			names = append(names, *of.Name)
		}
		if of := m.Resource; of != nil && of.Name != nil && isShare(of.Target) { // of all containers
			names = append(names, *of.Name)
		}
	}
	return names
}

func isShare(t *autoscalingv2.MetricTargetApplyConfiguration) bool {
	return t != nil && is(t.Type, autoscaling.UtilizationMetricType)
}

func is[T comparable](got *T, want T) bool { return got != nil && *got == want }
