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
}
