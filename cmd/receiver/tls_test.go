// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/certificate"
)

const (
	certificateFile = "secrets/intake/tls.crt"
	keyFile         = "secrets/intake/tls.key"
	authoritiesFile = "secrets/intake/ca.crt"
	publicName      = "hooks.example.com"
)

// encrypted are settings with TLS at intake.
func encrypted(sinks ...config.Sink) *config.Config {
	c := settings(sinks...)
	c.Intake.TLS = &config.ServerTLS{CertificateFile: certificateFile, KeyFile: keyFile, AuthoritiesFile: authoritiesFile}
	return c
}

// mountEncrypted makes a volume with a certificate beside the configuration.
func mountEncrypted(t *testing.T, c *config.Config, pair certificate.Pair) *volume {
	t.Helper()
	v := mount(t, settings(raw("erp", nobody)))
	v.write(t, map[string]string{configFile: text(t, c), certificateFile: pair.Certificate, keyFile: pair.Key})
	return v
}

// startEncrypted runs the program and speaks TLS to it.
func startEncrypted(t *testing.T, v *volume, dir string, flags ...string) *receiver {
	t.Helper()
	r := start(t, v, dir, flags...)
	r.intake = strings.Replace(r.intake, "http:", "https:", 1)
	return r
}

// encryptedPoster trusts an authority and expects the public name, over HTTP/2 where that is offered.
func encryptedPoster(t *testing.T, a *certificate.Authority) *poster {
	t.Helper()
	p := newPoster(t)
	transport := p.client.Transport.(*http.Transport)
	transport.TLSClientConfig, transport.ForceAttemptHTTP2 = &tls.Config{RootCAs: a.Pool(), ServerName: publicName}, true
	return p
}

// shows is the certificate that a new connection sees, and the protocol that is spoken.
func (r *receiver) shows(t *testing.T, a *certificate.Authority) (serial, protocol string) {
	t.Helper()
	client := encryptedPoster(t, a).client
	answer, err := client.Get(r.intake)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.TLS.PeerCertificates[0].SerialNumber.String(), answer.Proto
}

// TestCertificateRotation replaces the certificate of intake under load, by good and by bad ones. Nobody is refused.
func TestCertificateRotation(t *testing.T) {
	t.Parallel()
	sink := serve(t, nil)
	authority := certificate.NewAuthority(t)
	first := authority.Issue(t, publicName)
	v := mountEncrypted(t, encrypted(raw("erp", sink.URL)), first)
	r := startEncrypted(t, v, t.TempDir())
	before := r.status(t)
	if serial, protocol := r.shows(t, authority); serial != first.TLS(t).Leaf.SerialNumber.String() || protocol != "HTTP/2.0" {
		t.Errorf("it shows %s over %s", serial, protocol)
	}
	stop := r.floodEncrypted(t, authority)
	current := first
	for range 3 {
		next := authority.Issue(t, publicName)
		v.write(t, map[string]string{certificateFile: next.Certificate, keyFile: next.Key})
		r.comesToShow(t, authority, next)

		for problem, bad := range map[string]certificate.Pair{
			"are a certificate and the key of another one":      {Certificate: current.Certificate, Key: next.Key},
			"are no certificate and its key, both in PEM":       {Certificate: "marker", Key: next.Key},
			"the file secrets/intake/tls.key cannot be read":    {Certificate: next.Certificate},
			"the file secrets/intake/tls.crt is empty":          {Certificate: "\n", Key: next.Key},
			"intake.tls.certificateFile: the files secrets/int": {Certificate: next.Certificate, Key: "marker"},
		} {
			v.write(t, map[string]string{certificateFile: bad.Certificate, keyFile: bad.Key})
			eventually(t, func() string {
				if got := r.status(t).Config.Error; !strings.Contains(got, problem) || strings.Contains(got, "marker") {
					return fmt.Sprintf("config.error is %q and not %q", got, problem)
				}
				return ""
			})
			r.comesToShow(t, authority, next) // the former stays
		}
		v.write(t, map[string]string{certificateFile: next.Certificate, keyFile: next.Key})
		eventually(t, func() string { return r.status(t).Config.Error })
		current = next
	}
	accepted := stop()
	r.settles(t, "erp")
	if n := len(sink.lacks(accepted)); n > 0 {
		t.Errorf("%d of %d events were acknowledged and never delivered", n, len(accepted))
	}
	after := r.status(t)
	if expires := current.TLS(t).Leaf.NotAfter; !after.Started.Equal(before.Started) || !after.Ready || !after.Intake.CertificateExpires.Equal(expires) {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if _, metrics := r.asks(t, "/metrics"); !strings.Contains(metrics, "superoffice_webhook_intake_certificate_expiry_timestamp_seconds ") {
		t.Error("the metrics do not tell when the certificate expires")
	}
}

func (r *receiver) comesToShow(t *testing.T, a *certificate.Authority, pair certificate.Pair) {
	t.Helper()
	want := pair.TLS(t).Leaf.SerialNumber.String()
	eventually(t, func() string {
		if got, _ := r.shows(t, a); got != want {
			return fmt.Sprintf("it shows %s, want %s", got, want)
		}
		return ""
	})
}

// floodEncrypted posts over a connection that stays and over new ones, until stop.
func (r *receiver) floodEncrypted(t *testing.T, a *certificate.Authority) (stop func() []string) {
	t.Helper()
	staying, leaving := encryptedPoster(t, a), encryptedPoster(t, a)
	leaving.client.Transport.(*http.Transport).DisableKeepAlives = true
	return r.floodFrom(t, secret, staying, leaving)
}

// TLS cannot come or go in place, since those who connect must know.
func TestTLSComesAndGoesByRestart(t *testing.T) {
	t.Parallel()
	authority := certificate.NewAuthority(t)
	v := mountEncrypted(t, encrypted(raw("erp", nobody)), authority.Issue(t, publicName))
	dir := t.TempDir()
	r := startEncrypted(t, v, dir)
	v.write(t, map[string]string{configFile: text(t, settings(raw("erp", nobody)))})
	eventually(t, func() string {
		if got := r.status(t).Config.Error; got != "intake.tls cannot come or go while the receiver runs: restart it" {
			return "config.error is " + got
		}
		return ""
	})
	r.accepts(t, encryptedPoster(t, authority), fresh(t, superoffice.ActivityCreated))
	r.kill()
	start(t, v, dir).accepts(t, newPoster(t), fresh(t, superoffice.ActivityCreated))
}

// TestHandOverByTLS is the end of a receiver whose peer has the same certificate, or its successor already. No name of
// theirs is the one of the Service between them.
func TestHandOverByTLS(t *testing.T) {
	t.Parallel()
	authority := certificate.NewAuthority(t)
	ours := authority.IssueFor(t, nil, publicName)
	for name, peers := range map[string]certificate.Pair{"with the same certificate": ours, "with its successor": authority.IssueFor(t, nil, publicName)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := serve(t, nil)
			peer := startEncrypted(t, mountEncrypted(t, encrypted(raw("erp", sink.URL)), peers), t.TempDir())
			c := encrypted(raw("erp", nobody))
			c.HandOver.URL = peer.intake
			v := mountEncrypted(t, c, ours)
			v.write(t, map[string]string{authoritiesFile: authority.PEM()})
			r := startEncrypted(t, v, t.TempDir(), "--drain-timeout", "0s")
			event := fresh(t, superoffice.ActivityCreated)
			r.accepts(t, encryptedPoster(t, authority), event)
			r.terminate()
			r.ends(t, 0)
			sink.gets(t, event)
		})
	}
}
