// SPDX-License-Identifier: Apache-2.0

package render

import (
	core "k8s.io/api/core/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/config"
)

// The files of intake's certificate. They have a place of their own, even where a sink has the same Secret, so that pods are
// replaced when TLS comes or goes, which receivers cannot take over in place.
const (
	intakeCertificateFile = "secrets/intake/tls.crt"
	intakeKeyFile         = "secrets/intake/tls.key"
	intakeAuthoritiesFile = "secrets/intake/ca.crt"
)

// authoritiesKey is the key of a Secret of cert-manager's that holds who signed the certificate, where that is not public.
const authoritiesKey = "ca.crt"

// CertificateReferences lists what intake's certificate needs of Secrets.
func CertificateReferences(w *v1alpha1.SuperOfficeWebhook) []Reference {
	if w.Spec.Exposure.TLS == nil {
		return nil
	}
	ref := v1alpha1.CertificateReference{Name: w.Spec.Exposure.TLS.SecretName}
	const at = "spec.exposure.tls.secretName"
	return []Reference{{at, certificate(ref)}, {at, privateKey(ref)}}
}

// intakeTLS is nil where intake speaks no TLS.
func intakeTLS(w *v1alpha1.SuperOfficeWebhook) *config.ServerTLS {
	if w.Spec.Exposure.TLS == nil {
		return nil
	}
	return &config.ServerTLS{CertificateFile: intakeCertificateFile, KeyFile: intakeKeyFile, AuthoritiesFile: intakeAuthoritiesFile}
}

// certificateFiles shows the certificate in the configuration's volume. Kubelet does not wait for the authorities.
func certificateFiles(w *v1alpha1.SuperOfficeWebhook) []*corev1.VolumeProjectionApplyConfiguration {
	tls := w.Spec.Exposure.TLS
	if tls == nil {
		return nil
	}
	pair := secretFiles(tls.SecretName, map[v1alpha1.SecretKey]string{certificateKey: intakeCertificateFile, privateKeyKey: intakeKeyFile})
	authorities := secretFiles(tls.SecretName, map[v1alpha1.SecretKey]string{authoritiesKey: intakeAuthoritiesFile})
	authorities.Secret.WithOptional(true)
	return []*corev1.VolumeProjectionApplyConfiguration{pair, authorities}
}

// entrance is the way in: the name of the port in the Service and in the pods, which is also the protocol that is spoken
// there, and the number of the Service's port. A pod that speaks another protocol has no port of the name, so that the
// Service does not lead there while pods are replaced.
type entrance struct {
	scheme string
	port   int32
}

var (
	inClear = entrance{"http", 80}
	overTLS = entrance{"https", 443}
)

// entranceOf is the one that the resource asks for, which its receivers are made with.
func entranceOf(w *v1alpha1.SuperOfficeWebhook) entrance {
	if w.Spec.Exposure.TLS != nil {
		return overTLS
	}
	return inClear
}

// entranceInForce is the one that the Service, and the way to it, lead to: the former one until all receivers have the one
// that is asked for. They never do while they wait for a certificate.
func entranceInForce(w *v1alpha1.SuperOfficeWebhook, live Live) entrance {
	wanted := entranceOf(w)
	if former, there := live.entrance(); there && !live.have(wanted) {
		return former
	}
	return wanted
}

// Scheme is the protocol that is spoken where a Service leads to; the one that the resource asks for where that can't be told.
func Scheme(w *v1alpha1.SuperOfficeWebhook, s *core.Service) string {
	if e, there := (Live{Service: s}).entrance(); there {
		return e.scheme
	}
	return entranceOf(w).scheme
}

// WantedScheme is the protocol that the resource asks for.
func WantedScheme(w *v1alpha1.SuperOfficeWebhook) string { return entranceOf(w).scheme }
