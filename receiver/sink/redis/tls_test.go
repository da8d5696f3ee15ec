// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
)

// files writes a certificate and its key as the server wants them.
func files(t *testing.T, pair tls.Certificate) (file, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, keyFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	for path, block := range map[string]*pem.Block{
		file: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file, keyFile
}

func clientTLS(authority *x509.CertPool, pairs ...tls.Certificate) *tls.Config {
	return &tls.Config{RootCAs: authority, Certificates: pairs, MinVersion: tls.VersionTLS12}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	authority, ours := sinktest.Certificate(t)
	otherAuthority, theirs := sinktest.Certificate(t)
	file, keyFile := files(t, ours)
	b := serve(t, "tls-cert-file "+file, "tls-key-file "+keyFile, "tls-ca-cert-file "+file, "tls-auth-clients yes")
	use := func(c *tls.Config) func(*Options) { return func(o *Options) { o.TLS = c } }
	s := open(t, b.address, use(clientTLS(authority, ours)))
	sinktest.Delivered(t, s, numbered(t, 0))
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
			if err := sinktest.Cause(t, open(t, b.address, use(test.config)), sample(t)); !strings.Contains(err.Error(), test.want) {
				t.Errorf("it says %q, want %q", err, test.want)
			}
		})
	}
	t.Run("the server has none", func(t *testing.T) {
		plain := serve(t)
		err := sinktest.Cause(t, open(t, plain.address, use(clientTLS(authority)), func(o *Options) { o.Timeout = time.Second }), sample(t))
		if !strings.Contains(err.Error(), "send to Redis at "+plain.address) {
			t.Errorf("it says %q", err)
		}
	})
	t.Run("the server is killed and comes back", func(t *testing.T) {
		b.kill()
		sinktest.Cause(t, s, numbered(t, 1))
		if !b.start() {
			t.Fatal("the server did not start:\n" + b.output())
		}
		sinktest.EventuallyDelivered(t, s, numbered(t, 1))
		if got := b.ids(); got != "[0/a.b 1/a.b]" {
			t.Errorf("the stream holds %s", got)
		}
	})
}
