// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Exposure says how SuperOffice reaches the receiver. A Service is always
// made.
type Exposure struct {
	// path on which events are accepted. Every other path is answered with 404.
	// +optional
	// +kubebuilder:default=/webhook
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^/[-._~A-Za-z0-9/]*$`
	// +kubebuilder:validation:XValidation:rule="self.startsWith('/') && !self.contains('//') && !self.contains('/./') && !self.contains('/../') && !self.endsWith('/.') && !self.endsWith('/..')",message="must be a clean path like /webhook: '/' first, and no '//', '/./' or '/../'"
	Path string `json:"path,omitempty"`
	// tls has the receiver pods speak TLS (1.2 or 1.3) and HTTP/2, with the
	// Service on port 443. It is for whoever wants no clear text inside the
	// cluster, or has nothing in front that speaks TLS. Default: HTTP in clear,
	// for an Ingress or a Gateway in front that speaks TLS.
	// +optional
	TLS *ExposureTLS `json:"tls,omitempty"`
}
