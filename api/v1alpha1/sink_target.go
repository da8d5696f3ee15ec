// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/util/intstr"
)

// TargetReference names an object of the resource's namespace that can be
// posted to: a Service, or any object that tells its URL in
// status.address.url, like a Broker of Knative. While it is missing, events
// wait for it.
//
// +kubebuilder:validation:XValidation:rule="self.apiVersion == 'v1' ? self.kind == 'Service' : self.apiVersion.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)+/v[0-9]+((alpha|beta)[0-9]+)?$') && !self.apiVersion.matches('[.]k8s[.]io/')",message="must be a Service (apiVersion: v1, kind: Service), or an addressable object of an API that was added to the cluster (like apiVersion: eventing.knative.dev/v1, kind: Broker)"
// +kubebuilder:validation:XValidation:rule="!has(self.port) || self.apiVersion == 'v1'",message="port: only a Service has ports"
type TargetReference struct {
	// apiVersion of the object, like eventing.knative.dev/v1. Default v1, which is
	// that of a Service.
	// +optional
	// +kubebuilder:default=v1
	// +kubebuilder:validation:MaxLength=256
	APIVersion string `json:"apiVersion,omitempty"`
	// kind of the object, like Broker. Default Service.
	// +optional
	// +kubebuilder:default=Service
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Z][A-Za-z0-9]*$`
	Kind string `json:"kind,omitempty"`
	// name of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`
	// port of the Service, by number or name, like 8080 or http. It is needed
	// where there are several. A port that is called https, says so as its
	// appProtocol, or is 443, is spoken to by https, every other by http.
	// +optional
	// +kubebuilder:validation:XValidation:rule="type(self) != int || self >= 1 && self <= 65535",message="must be a number from 1 to 65535 or the name of a port, like 8080 or http"
	Port *intstr.IntOrString `json:"port,omitempty"`
	// uri is the path to post to, and the query, like /hooks/superoffice. It
	// replaces the path of the object's own URL. Default: that of its own.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.startsWith('/') && !self.startsWith('//') && isURL(self) && !self.contains('@')",message="must be an absolute path, like /hooks/superoffice, without a host"
	URI string `json:"uri,omitempty"`
}
