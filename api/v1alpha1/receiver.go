// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Receiver shapes the pods that receive, store and deliver.
type Receiver struct {
	// replicas is the number of receiver pods. Default 2, so that one can go while
	// the other answers: SuperOffice disables a webhook after about 15 seconds
	// without answers. With a persistentVolumeClaim it is 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	Replicas *int32 `json:"replicas,omitempty"`
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
	// tracing tells of each event by OpenTelemetry. Default: not.
	// +optional
	Tracing *Tracing `json:"tracing,omitempty"`
}
