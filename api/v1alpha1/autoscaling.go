// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/runtime"
)

// Autoscaling leaves the number of receiver pods to an autoscaler: to a
// HorizontalPodAutoscaler that the operator makes, or to somebody else's.
//
// +kubebuilder:validation:XValidation:rule="has(self.external) != has(self.maxReplicas)",message="exactly one of maxReplicas and external must be set"
// +kubebuilder:validation:XValidation:rule="!has(self.external) || !has(self.minReplicas) && !has(self.targetCPUUtilizationPercentage) && !has(self.metrics) && !has(self.behavior)",message="nothing else can be set beside external: whoever decides on the number has limits and metrics of its own"
// +kubebuilder:validation:XValidation:rule="!has(self.maxReplicas) || (has(self.minReplicas) ? self.minReplicas : 2) <= self.maxReplicas",message="minReplicas (2 where it is not given): at most maxReplicas"
type Autoscaling struct {
	// external says that something else decides on the number of replicas of the
	// Deployment <name>-receiver, such as a ScaledObject of KEDA. The operator
	// makes no HorizontalPodAutoscaler, and leaves the number alone.
	// +optional
	External *ExternalAutoscaling `json:"external,omitempty"`
	// minReplicas is the least number of pods, and the number to begin with.
	// Default 2.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	MinReplicas *int32 `json:"minReplicas,omitempty"`
	// maxReplicas is the greatest number of pods, like 10.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	MaxReplicas int32 `json:"maxReplicas,omitempty"`
	// targetCPUUtilizationPercentage is the share of its CPU request that each
	// receiver is to use on average, like 60. Default 80 without metrics, none
	// beside them.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	TargetCPUUtilizationPercentage *int32 `json:"targetCPUUtilizationPercentage,omitempty"`
	// metrics decide on the number as well, as in a HorizontalPodAutoscaler
	// (kubectl explain --api-version=autoscaling/v2 hpa.spec.metrics), for
	// example the age of what waits in the queue, by way of a metrics adapter.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Metrics []MetricSpec `json:"metrics,omitempty"`
	// behavior says how fast the number goes up and down, as in a
	// HorizontalPodAutoscaler. Default: that of Kubernetes, which waits for five
	// minutes before it takes pods away.
	// +optional
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	// +kubebuilder:pruning:PreserveUnknownFields
	Behavior *runtime.RawExtension `json:"behavior,omitempty"`
}

// ExternalAutoscaling has nothing to say yet.
type ExternalAutoscaling struct{}

// MetricSpec is a metric of a HorizontalPodAutoscaler.
//
// +kubebuilder:validation:Type=object
// +kubebuilder:pruning:PreserveUnknownFields
type MetricSpec struct {
	runtime.RawExtension `json:",inline"`
}
