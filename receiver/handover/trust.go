// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
)

// Identity is the certificate that all receivers of a webhook show to who connects, as this one knows it.
type Identity struct {
	// Pair is that certificate, with what it was signed by.
	Pair *tls.Certificate
	// Authorities are certificates in PEM that may have signed it, besides the system's. Default none.
	Authorities string
}

var errStranger = errors.New("what answers is no receiver of this webhook: its certificate is neither ours nor another one of ours")

// trust is how to know another receiver. Its address is one inside the cluster, which certificates for SuperOffice's eyes
// do not name. So it is one that has our own key. Or it has our next certificate, which reaches the receivers at
// different times: one that shares a name with ours and is signed by who may sign it. Nil for no identity: as for any server.
func (i *Identity) trust() *tls.Config {
	if i == nil {
		return nil
	}
	roots := i.roots()
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // #nosec G402 -- VerifyConnection is what verifies, for each connection
		VerifyConnection: func(s tls.ConnectionState) error {
			shown := s.PeerCertificates
			if i.hasKeyOf(shown[0]) || i.succeededBy(shown, roots) {
				return nil
			}
			return errStranger
		},
	}
}

// roots are the system's authorities, those of the identity, and whoever stands above our certificate in its own chain.
func (i *Identity) roots() *x509.CertPool {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	roots.AppendCertsFromPEM([]byte(i.Authorities))
	for _, der := range i.Pair.Certificate[1:] {
		if above, err := x509.ParseCertificate(der); err == nil && above.IsCA {
			roots.AddCert(above)
		}
	}
	return roots
}

func (i *Identity) hasKeyOf(shown *x509.Certificate) bool {
	return slices.Equal(shown.RawSubjectPublicKeyInfo, i.Pair.Leaf.RawSubjectPublicKeyInfo)
}

func (i *Identity) succeededBy(shown []*x509.Certificate, roots *x509.CertPool) bool {
	ours, theirs := i.Pair.Leaf, shown[0]
	shared := slices.ContainsFunc(theirs.DNSNames, func(name string) bool { return slices.Contains(ours.DNSNames, name) }) ||
		slices.ContainsFunc(theirs.IPAddresses, func(ip net.IP) bool { return slices.ContainsFunc(ours.IPAddresses, ip.Equal) })
	if !shared {
		return false
	}
	between := x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	_, err := theirs.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err == nil
}
