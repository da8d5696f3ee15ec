// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// ExposureTLS is TLS inside the cluster, up to the receiver pods.
type ExposureTLS struct {
	// secretName is the name of a Secret of the type kubernetes.io/tls in the
	// resource's namespace, with the certificate and its key under tls.crt and
	// tls.key; cert-manager writes such ones. It is taken over in place when it
	// changes. Where it has ca.crt, the authorities in there are who may sign the
	// certificate of another pod that has a changed Secret already.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	SecretName string `json:"secretName"`
}
