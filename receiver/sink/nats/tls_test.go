// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// certificate makes a certificate authority, and a certificate of it for the loopback interface.
func certificate(t *testing.T) (*x509.CertPool, tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return pool, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	authority, ours := certificate(t)
	otherAuthority, theirs := certificate(t)
	b := serve(t, func(o *server.Options) {
		o.TLSTimeout = patience.Seconds()
		o.TLSConfig = &tls.Config{
			Certificates: []tls.Certificate{ours}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority, MinVersion: tls.VersionTLS12,
		}
	})
	with := func(roots *x509.CertPool, client ...tls.Certificate) *tls.Config {
		return &tls.Config{RootCAs: roots, Certificates: client, MinVersion: tls.VersionTLS12}
	}
	stream(t, b.admin(nats.Secure(with(authority, ours))))
	url := "nats://" + b.Addr().String()
	use := func(c *tls.Config) func(*Options) { return func(o *Options) { o.TLS = c } }

	delivered(t, open(t, url, use(with(authority, ours))), sample(t))
	delivered(t, open(t, strings.Replace(url, "nats:", "tls:", 1), use(with(authority, ours))), sample(t))
	for name, test := range map[string]struct {
		config *tls.Config
		want   string
	}{
		"the server's authority is another": {with(otherAuthority, ours), "certificate signed by unknown authority"},
		"the authorities are the system's":  {nil, "certificate signed by unknown authority"},
		"the client has no certificate":     {with(authority), "tls"},
		"the client's authority is another": {with(authority, theirs), "tls: "},
	} {
		t.Run(name, func(t *testing.T) {
			if err := cause(t, open(t, url, use(test.config)), sample(t)); !strings.Contains(err.Error(), test.want) {
				t.Errorf("it says %q, want %q", err, test.want)
			}
		})
	}
	t.Run("the server has none", func(t *testing.T) {
		plain := serve(t)
		for _, s := range []*Sink{
			open(t, plain.ClientURL(), use(with(authority))), open(t, strings.Replace(plain.ClientURL(), "nats:", "tls:", 1)),
		} {
			if err := cause(t, s, sample(t)); !strings.Contains(err.Error(), "TLS is wanted and the server does not offer it") {
				t.Errorf("it says %q", err)
			}
		}
	})
}
