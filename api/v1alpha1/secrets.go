// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// SecretSource is where a value comes from.
type SecretSource struct {
	// secretKeyRef names a key of a Secret.
	// +required
	SecretKeyRef SecretKeyReference `json:"secretKeyRef"`
}

// SecretKeyReference names a key of a Secret in the resource's namespace.
type SecretKeyReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`
	// key in the Secret, like token.
	// +required
	Key SecretKey `json:"key"`
}

// TLS says whom to trust, and who we are.
type TLS struct {
	// caRef names a key of a Secret that holds the certificates of the authorities
	// to trust, in PEM. Default: those of the receiver's image.
	// +optional
	CARef *SecretKeyReference `json:"caRef,omitempty"`
	// clientCertificateRef names a Secret of the type kubernetes.io/tls with our
	// certificate and its key, for mutual TLS. Default: we show none.
	// +optional
	ClientCertificateRef *CertificateReference `json:"clientCertificateRef,omitempty"`
}

// CertificateReference names a Secret with the keys tls.crt and tls.key, in
// the resource's namespace.
type CertificateReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`
}
