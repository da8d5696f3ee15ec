// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Duration is a span of time as Go writes it: "500ms", "10s", "1h30m".
//
// +kubebuilder:validation:Type=string
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
type Duration string

// Quantity is an amount of bytes as Kubernetes writes it: "1Gi".
type Quantity = resource.Quantity

// ResourceRequirements are requests and limits of a container.
type ResourceRequirements = corev1.ResourceRequirements
