// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	authority, ours := sinktest.Certificate(t)
	otherAuthority, theirs := sinktest.Certificate(t)
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

	sinktest.Delivered(t, open(t, url, use(with(authority, ours))), sample(t))
	sinktest.Delivered(t, open(t, strings.Replace(url, "nats:", "tls:", 1), use(with(authority, ours))), sample(t))
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
			if err := sinktest.Cause(t, open(t, url, use(test.config)), sample(t)); !strings.Contains(err.Error(), test.want) {
				t.Errorf("it says %q, want %q", err, test.want)
			}
		})
	}
	t.Run("the server has none", func(t *testing.T) {
		plain := serve(t)
		for _, s := range []*Sink{
			open(t, plain.ClientURL(), use(with(authority))), open(t, strings.Replace(plain.ClientURL(), "nats:", "tls:", 1)),
		} {
			if err := sinktest.Cause(t, s, sample(t)); !strings.Contains(err.Error(), "TLS is wanted and the server does not offer it") {
				t.Errorf("it says %q", err)
			}
		}
	})
}
