// SPDX-License-Identifier: Apache-2.0

package http

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/guard"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

func TestSignatureIsVerifiedByEachKey(t *testing.T) {
	t.Parallel()
	keys := []string{
		"whsec_" + base64.StdEncoding.EncodeToString([]byte("the key that is to come in 2027..")),
		base64.StdEncoding.EncodeToString([]byte("the key of 2026")) + "\n", // as an editor leaves it
	}
	for _, f := range []config.Format{config.Raw, config.CloudEventsBinary, config.CloudEventsStructured} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			e := serve(t, nil)
			s := open(t, e.URL, as(f), func(o *Options) { o.SigningKeys = keys })
			m := message(t, sample(t))
			if o := s.Send(t.Context(), m); o != (sink.Delivered{}) {
				t.Fatalf("%#v", o)
			}
			got := e.only(t)
			for _, key := range keys {
				w, err := standardwebhooks.NewWebhook(strings.TrimSpace(key))
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Verify(got.body, got.header); err != nil {
					t.Errorf("the consumer can't verify: %v\n%v", err, got.header)
				}
				if err := w.Verify(append(got.body, ' '), got.header); err == nil {
					t.Error("another body verifies, too")
				}
			}
			if id := got.header.Get("webhook-id"); id != m.Event.DedupKey().String() {
				t.Errorf("webhook-id %q", id)
			}
		})
	}
}

func TestWrongSigningKeyIsRefused(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"s3cr3t!", "", "whsec_%"} {
		_, err := New(Options{SigningKeys: []string{"aGVsbG8=", key}})
		if err == nil || err.Error() != `signing key 2 is not base64 (with or without "whsec_" in front)` {
			t.Errorf("got %v", err)
		}
	}
}

// serveHTTP2 starts a server of HTTP/2, and returns what trusts it.
func serveHTTP2(t *testing.T, answer http.HandlerFunc) (*httptest.Server, *tls.Config) {
	t.Helper()
	server := httptest.NewUnstartedServer(answer)
	server.EnableHTTP2 = true
	server.StartTLS() // its certificate is for example.com, too
	t.Cleanup(server.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	return server, &tls.Config{RootCAs: trusted, ServerName: "example.com"}
}

func TestHTTP2HeaderHasALimit(t *testing.T) {
	t.Parallel()
	server, trust := serveHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("it came by %s", r.Proto)
		}
		for i := range 66 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1<<10))
		}
	})
	s := open(t, server.URL, func(o *Options) { o.TLS = trust })
	got, ok := s.Send(t.Context(), message(t, sample(t))).(sink.Retry)
	if want := "http2: response header list larger than advertised limit"; !ok || !strings.Contains(got.Cause.Error(), want) {
		t.Errorf("got %v, want %q", got, want)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 || len(r.TLS.PeerCertificates) != 1 {
			t.Errorf("%s with %d client certificates", r.Proto, len(r.TLS.PeerCertificates))
		}
	}))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	certificates := server.TLS.Certificates

	for name, c := range map[string]struct {
		tls       *tls.Config
		delivered bool
		want      string
	}{
		"trusted and known":    {&tls.Config{RootCAs: trusted, Certificates: certificates}, true, ""},
		"the server is a fake": {nil, false, "certificate signed by unknown authority"},
		// Since TLS 1.3 the refusal comes after the handshake, and may be told as a connection that was lost.
		"without certificate": {&tls.Config{RootCAs: trusted}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, server.URL, func(o *Options) { o.TLS = c.tls })
			o := s.Send(t.Context(), message(t, sample(t)))
			if c.delivered {
				if o != (sink.Delivered{}) {
					t.Errorf("%#v", o)
				}
				return
			}
			if retry, ok := o.(sink.Retry); !ok || !strings.Contains(retry.Cause.Error(), c.want) {
				t.Errorf("got %#v, want %q", o, c.want)
			}
		})
	}
}

func TestLinkLocalAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"169.254.169.254:80", "[fe80::1]:80", "[::ffff:169.254.169.254]:80", "[fd00:ec2::254]:80", "100.100.100.200:80", "[ff02::1]:80",
	} {
		s := open(t, "http://"+address)
		o, ok := s.Send(t.Context(), message(t, sample(t))).(sink.Retry)
		if !ok || !strings.Contains(o.Cause.Error(), guard.ErrRefused.Error()) {
			t.Errorf("%s: %#v", address, o)
		}
	}
}
