// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate makes a certificate authority that is a certificate for the loopback interface, too, and its files.
func certificate(t *testing.T) (authority *x509.CertPool, pair tls.Certificate, file, keyFile string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) (string, []byte) {
		text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path, text
	}
	file, text := write("tls.crt", "CERTIFICATE", der)
	keyFile, keyText := write("tls.key", "PRIVATE KEY", keyDER)
	if pair, err = tls.X509KeyPair(text, keyText); err != nil {
		t.Fatal(err)
	}
	authority = x509.NewCertPool()
	authority.AppendCertsFromPEM(text)
	return authority, pair, file, keyFile
}

func clientTLS(authority *x509.CertPool, pairs ...tls.Certificate) *tls.Config {
	return &tls.Config{RootCAs: authority, Certificates: pairs, MinVersion: tls.VersionTLS12}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	authority, ours, file, keyFile := certificate(t)
	otherAuthority, theirs, _, _ := certificate(t)
	b := serve(t, "tls-cert-file "+file, "tls-key-file "+keyFile, "tls-ca-cert-file "+file, "tls-auth-clients yes")
	use := func(c *tls.Config) func(*Options) { return func(o *Options) { o.TLS = c } }
	s := open(t, b.address, use(clientTLS(authority, ours)))
	delivered(t, s, numbered(t, 0))
	for name, test := range map[string]struct {
		config *tls.Config
		want   string
	}{
		"the server's authority is another": {clientTLS(otherAuthority, ours), "certificate signed by unknown authority"},
		"the authorities are the system's":  {clientTLS(nil, ours), "certificate signed by unknown authority"},
		"the client has no certificate":     {clientTLS(authority), "send to Redis at " + b.address},
		"the client's authority is another": {clientTLS(authority, theirs), "send to Redis at " + b.address},
		"the client does not use it":        {nil, "send to Redis at " + b.address},
	} {
		t.Run(name, func(t *testing.T) {
			if err := cause(t, open(t, b.address, use(test.config)), sample(t)); !strings.Contains(err.Error(), test.want) {
				t.Errorf("it says %q, want %q", err, test.want)
			}
		})
	}
	t.Run("the server has none", func(t *testing.T) {
		plain := serve(t)
		err := cause(t, open(t, plain.address, use(clientTLS(authority)), func(o *Options) { o.Timeout = time.Second }), sample(t))
		if !strings.Contains(err.Error(), "send to Redis at "+plain.address) {
			t.Errorf("it says %q", err)
		}
	})
	t.Run("the server is killed and comes back", func(t *testing.T) {
		b.kill()
		cause(t, s, numbered(t, 1))
		if !b.start() {
			t.Fatal("the server did not start:\n" + b.output())
		}
		eventuallyDelivered(t, s, numbered(t, 1))
		if got := b.ids(); got != "[0/a.b 1/a.b]" {
			t.Errorf("the stream holds %s", got)
		}
	})
}
