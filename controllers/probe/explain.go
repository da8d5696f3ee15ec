// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// explain puts an error in words of our own. Those of the error hold ports and times, so each attempt would make another
// condition, and addresses inside of the cluster that are not for everybody.
func explain(host string, err error) Result {
	var name *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return failed(v1alpha1.ReasonNameNotResolved, "the DNS knows no address of %s", host)
	case errors.As(err, &name):
		return failed(v1alpha1.ReasonNameNotResolved, "the DNS does not answer for %s", host)
	case errors.Is(err, errGuarded):
		return failed(v1alpha1.ReasonAddressRefused, "%s is at an address of the machine's or of its cloud's own, which the operator does not connect to", host)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return failed(v1alpha1.ReasonTimedOut, "%s did not answer within %s", host, Timeout)
	case errors.Is(err, syscall.ECONNREFUSED):
		return failed(v1alpha1.ReasonConnectionRefused, "%s refuses connections", host)
	}
	if why := explainTLS(err); why != "" {
		return failed(v1alpha1.ReasonTLSFailed, "%s: %s", host, why)
	}
	return failed(v1alpha1.ReasonConnectionFailed, "the connection to %s could not be made, or ended before an answer", host)
}

// explainTLS is empty if it was not about TLS.
func explainTLS(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		other   x509.HostnameError
		invalid x509.CertificateInvalidError
		failure *tls.CertificateVerificationError
		plain   tls.RecordHeaderError
		alert   tls.AlertError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &unknown):
		return "its certificate is not signed by an authority that is generally trusted"
	case errors.As(err, &other):
		return "its certificate is for other hosts"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired, or is not valid yet"
	case errors.As(err, &invalid), errors.As(err, &failure):
		return "its certificate is not valid"
	case errors.As(err, &plain):
		return "it does not speak TLS"
	case errors.As(err, &alert), errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"):
		return "it does not agree on how to speak TLS"
	}
	return ""
}
