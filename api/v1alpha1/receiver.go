// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/runtime"
)

// Receiver shapes the pods that receive, store and deliver.
//
// +kubebuilder:validation:XValidation:rule="!has(self.replicas) || !has(self.autoscaling) || has(self.autoscaling.external)",message="replicas: cannot be set beside autoscaling.maxReplicas, which leaves the number to an autoscaler; set autoscaling.minReplicas"
// +kubebuilder:validation:XValidation:rule="!has(self.autoscaling) || has(self.autoscaling.external) || has(self.autoscaling.metrics) && !has(self.autoscaling.targetCPUUtilizationPercentage) || !has(self.resources) || has(self.resources.requests) && 'cpu' in self.resources.requests || has(self.resources.limits) && 'cpu' in self.resources.limits",message="resources.requests.cpu: must be set, because autoscaling by the CPU compares with it"
type Receiver struct {
	// pool has the resource share receiver pods with all resources of its
	// namespace that name the same pool, like edge. Each has a path of its own,
	// /hooks/<namespace>/<name>, and a queue, secrets, limits and figures of its
	// own. Where members want the pods shaped differently, the oldest that says
	// something counts, field by field, and the others are told by the condition
	// PoolAgreed. It cannot be changed, set or unset later, because the URL that
	// SuperOffice posts to would change with it. Default: pods of its own.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=52
	// +kubebuilder:validation:Pattern=`^[a-z]([-a-z0-9]*[a-z0-9])?$`
	Pool string `json:"pool,omitempty"`
	// replicas is the number of receiver pods. Default 2, so that one can go while
	// the other answers: SuperOffice disables a webhook after about 15 seconds
	// without answers. With a persistentVolumeClaim it is 1. With
	// autoscaling.external it is the number to begin with.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	Replicas *int32 `json:"replicas,omitempty"`
	// autoscaling leaves the number of receiver pods to an autoscaler. Default:
	// there are as many as replicas says.
	// +optional
	Autoscaling *Autoscaling `json:"autoscaling,omitempty"`
	// resources of the receiver container. Default: requests of 50m CPU and 64Mi
	// of memory, a limit of 512Mi of memory.
	// +optional
	Resources *ResourceRequirements `json:"resources,omitempty"`
	// image of the receiver. Default: the image that the operator was released
	// with.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image,omitempty"`
	// imagePullSecrets name Secrets of the resource's namespace with which images
	// are pulled. Default: none.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	ImagePullSecrets []ImagePullSecret `json:"imagePullSecrets,omitempty"`
	// podTemplate is merged over what the operator makes of the pods: metadata
	// with labels and annotations, and spec, as in a Deployment (kubectl explain
	// deployment.spec.template). Lists are merged by name; the receiver's own
	// container is called receiver. For example
	// {spec: {nodeSelector: {pool: edge}, priorityClassName: high}}. What the
	// operator needs for itself is refused, as is what goes beyond the restricted
	// pod security standard.
	// +optional
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	// +kubebuilder:pruning:PreserveUnknownFields
	PodTemplate *runtime.RawExtension `json:"podTemplate,omitempty"`
	// shutdownDelay is for how long a receiver that ends goes on accepting events,
	// so that whoever leads to the pods stops before it does. It is found not
	// ready within 4 seconds. Load balancers that send to the pods themselves need
	// as long as their health checks take to find out, and their draining after
	// that. With a persistentVolumeClaim it cannot be set: nobody else could
	// answer meanwhile. A duration between 10s and 15m, like 90s. Default: 15s.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('10s') && duration(self) <= duration('15m')",message="must be a duration between 10s and 15m, like 90s"
	ShutdownDelay Duration `json:"shutdownDelay,omitempty"`
	// networkPolicy restricts who reaches the pods, and whom they reach; {} leaves
	// the admin port to the operator alone. Default: no NetworkPolicy is made.
	// +optional
	NetworkPolicy *NetworkPolicy `json:"networkPolicy,omitempty"`
	// tracing tells of each event by OpenTelemetry. Default: not.
	// +optional
	Tracing *Tracing `json:"tracing,omitempty"`
}

// ImagePullSecret names a Secret in the resource's namespace.
type ImagePullSecret struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`
}
