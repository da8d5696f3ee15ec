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

// Timeout is how long one attempt may take, as a Duration.
//
// +kubebuilder:validation:Type=string
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('100ms') && duration(self) <= duration('5m')",message="must be a duration between 100ms and 5m, like 10s or 1m30s"
type Timeout string

// HostPort is the address of a server: a name or an IP address, and a port.
//
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:XValidation:rule="self.matches(r'^([^\\x00-\\x20\\x7f@/:\\[\\]]+|\\[[0-9A-Fa-f:.]+\\]):[1-9][0-9]{0,4}$') && int(self.substring(self.lastIndexOf(':') + 1)) <= 65535",message="must be host:port without scheme and credentials, like kafka-0.kafka.messaging:9092"
type HostPort string

// Quantity is an amount of bytes as Kubernetes writes it: "1Gi".
type Quantity = resource.Quantity

// ResourceRequirements are requests and limits of a container.
//
// +kubebuilder:validation:XValidation:rule="!has(self.requests) || !has(self.limits) || self.requests.all(r, !(r in self.limits) || quantity(string(self.requests[r])).compareTo(quantity(string(self.limits[r]))) <= 0)",message="no request may be larger than its limit"
type ResourceRequirements struct {
	// requests are what the scheduler reserves, by resource: cpu, memory,
	// ephemeral-storage, …
	// +optional
	// +kubebuilder:validation:MaxProperties=6
	Requests corev1.ResourceList `json:"requests,omitempty"`
	// limits are what a container may use at most.
	// +optional
	// +kubebuilder:validation:MaxProperties=6
	Limits corev1.ResourceList `json:"limits,omitempty"`
}

// SecretKey is the name of a key in a Secret.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
// +kubebuilder:validation:XValidation:rule="self != '.' && !self.startsWith('..')",message="must not be '.' or start with '..': no Secret can have such a key"
type SecretKey string

// NATSURL is the URL of a server of NATS.
//
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['nats', 'tls'] && size(url(self).getHostname()) > 0 && size(url(self).getEscapedPath()) <= size('/') && !self.matches('[@,?#]')",message="must be the nats or tls URL of one server, without credentials and path, like nats://nats.messaging:4222"
type NATSURL string

// Hostname is a name of the DNS, without wildcards.
//
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?([.][a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$') && !isIP(self)",message="must be a host name in small letters like hooks.example.com: no IP address, no port, no wildcard"
type Hostname string

// Annotations are added to an object of the resource. Those that others add to
// it stay.
//
// +kubebuilder:validation:MaxProperties=32
// +kubebuilder:validation:XValidation:rule="self.all(key, key.matches('^([a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$'))",message="each key must be a name like team, or one with a domain before it like cert-manager.io/cluster-issuer"
type Annotations map[string]string
