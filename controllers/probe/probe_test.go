// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// text of the shared secret, which must be in no Result.
const text = "Name you provided"

var secret = superoffice.NewSecret([]byte(text))

// leadingTo is a transport for which each host is at one address, with the guard's eyes closed: test servers are here.
func leadingTo(address string) *http.Transport {
	t := NewTransport()
	t.Proxy = nil
	t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	return t
}

func answering(t *testing.T, handle http.HandlerFunc) *http.Transport {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return leadingTo(server.Listener.Addr().String())
}

func TestPost(t *testing.T) {
	type seen struct {
		method, host, path, test string
		verified                 bool
		event                    *superoffice.Event
	}
	var got seen
	transport := answering(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, err := superoffice.Verify([]superoffice.Secret{secret}, body, r.Header.Get(superoffice.HeaderSignature))
		event, _ := superoffice.Parse(body)
		got = seen{r.Method, r.Host, r.URL.Path, r.Header.Get(superoffice.HeaderTest), err == nil, event}
		fmt.Fprintln(w, "test event received")
	})
	result := Post(t.Context(), transport, "http://hooks.example.com/superoffice/crm", secret)
	if diff := cmp.Diff(Result{"True", "Answered", "a signed test event was answered with 200"}, result); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.method != "POST" || got.host != "hooks.example.com" || got.path != "/superoffice/crm" || got.test != "true" || !got.verified {
		t.Errorf("posted is %+v", got)
	}
	if got.event == nil || !got.event.IsTest() {
		t.Errorf("the body holds %+v", got.event)
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		handle http.HandlerFunc
		want   Result
	}{
		{
			"a page of somebody else", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Welcome to nginx! "+text) },
			Result{"False", "WrongAnswer", "a test event was answered with 200, but not by a receiver: something else serves this URL"},
		},
		{
			"an answer without end", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("a", 1<<20)) },
			Result{"False", "WrongAnswer", "a test event was answered with 200, but not by a receiver: something else serves this URL"},
		},
		{"no such path", http.NotFound, Result{"False", "UnexpectedStatus", "a test event was answered with 404 Not Found instead of 200"}},
		{
			"no receivers", func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "no endpoints: "+text, http.StatusServiceUnavailable)
			},
			Result{"False", "UnexpectedStatus", "a test event was answered with 503 Service Unavailable instead of 200"},
		},
		{
			"a status that there is not", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(599) },
			Result{"False", "UnexpectedStatus", "a test event was answered with 599 instead of 200"},
		},
		{
			"another secret", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) },
			Result{"False", "SignatureRefused", "a signed test event was answered with 401: receivers have not taken over the secret yet, or something on the way changes the body or wants a login"},
		},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/webhook" {
				t.Error("the redirect was followed")
			}
			http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
		}, Result{"False", "UnexpectedStatus", "a test event was answered with a redirect (301), which SuperOffice may not follow"}},
		{"an end of the connection", func(w http.ResponseWriter, _ *http.Request) {
			connection, _, _ := w.(http.Hijacker).Hijack()
			_ = connection.Close()
		}, Result{"False", "ConnectionFailed", "the connection to hooks.example.com could not be made, or ended before an answer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			transport := answering(t, c.handle)
			for range 2 { // the same again, or the status would be written each time
				if diff := cmp.Diff(c.want, Post(t.Context(), transport, "http://hooks.example.com/webhook", secret)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			}
		})
	}
}

func TestConnections(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := leadingTo(nobody.Addr().String())
	_ = nobody.Close()
	named := func(err *net.DNSError) *http.Transport {
		transport := NewTransport()
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
		}
		return transport
	}
	for _, c := range []struct {
		name      string
		transport *http.Transport
		want      Result
	}{
		{"nobody listens", refusing, Result{"False", "ConnectionRefused", "hooks.example.com refuses connections"}},
		{"no such name", named(&net.DNSError{Name: "hooks.example.com", Server: "10.96.0.10:53", IsNotFound: true}), Result{"False", "NameNotResolved", "the DNS knows no address of hooks.example.com"}},
		{"no DNS", named(&net.DNSError{Name: "hooks.example.com", Server: "10.96.0.10:53", IsTimeout: true}), Result{"False", "NameNotResolved", "the DNS does not answer for hooks.example.com"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Post(t.Context(), c.transport, "http://hooks.example.com/webhook", secret)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	t.Run("no answer", func(t *testing.T) {
		transport := answering(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client has gone
			<-r.Context().Done()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		want := Result{"False", "TimedOut", "hooks.example.com did not answer within 10s"}
		if diff := cmp.Diff(want, Post(ctx, transport, "http://hooks.example.com/webhook", secret)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "test event received") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS() // its certificate is for example.com
	t.Cleanup(server.Close)
	plain := answering(t, func(http.ResponseWriter, *http.Request) {})
	trusting := func(change func(*tls.Config)) *http.Transport {
		transport := leadingTo(server.Listener.Addr().String())
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
		change(transport.TLSClientConfig)
		return transport
	}
	for _, c := range []struct {
		name, host string
		transport  *http.Transport
		want       Result
	}{
		{"a certificate to trust", "example.com", trusting(func(*tls.Config) {}), Result{"True", "Answered", "a signed test event was answered with 200"}},
		{"of nobody", "example.com", leadingTo(server.Listener.Addr().String()), Result{"False", "TLSFailed", "example.com: its certificate is not signed by an authority that is generally trusted"}},
		{"for others", "hooks.example.org", trusting(func(*tls.Config) {}), Result{"False", "TLSFailed", "hooks.example.org: its certificate is for other hosts"}},
		{"of a past time", "example.com", trusting(func(c *tls.Config) { c.Time = func() time.Time { return time.Unix(1<<33, 0) } }), Result{"False", "TLSFailed", "example.com: its certificate has expired, or is not valid yet"}},
		{"no TLS", "example.com", plain, Result{"False", "TLSFailed", "example.com: it does not speak TLS"}},
		{"no common version", "example.com", trusting(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }), Result{"False", "TLSFailed", "example.com: it does not agree on how to speak TLS"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Post(t.Context(), c.transport, "https://"+c.host+"/webhook", secret)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// No name leads around the guard, because it judges addresses after they were resolved.
func TestGuard(t *testing.T) {
	reached := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	want := Result{"False", "AddressRefused", "localhost is at an address of the machine's or of its cloud's own, which the operator does not connect to"}
	transport := NewTransport()
	transport.Proxy = nil
	if diff := cmp.Diff(want, Post(t.Context(), transport, "http://localhost:"+port+"/webhook", secret)); diff != "" || reached {
		t.Errorf("reached %t (-want +got)\n%s", reached, diff)
	}
	for address, refused := range map[string]bool{
		"127.0.0.1:80": true, "127.8.8.8:443": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true, "0.0.0.0:80": true, "[::]:443": true,
		"169.254.169.254:80": true, "[fe80::1%eth0]:80": true, "[fd00:ec2::254]:80": true, "100.100.100.200:80": true, "224.0.0.1:80": true, "nonsense": true,
		"168.63.129.16:80": true, "[fd20:ce::254]:80": true, "[64:ff9b::7f00:1]:80": true, "[64:ff9b:1::a9fe:a9fe]:80": true, "[2002:a9fe:a9fe::1]:80": true,
		"192.0.2.1:443": false, "[2001:db8::1]:443": false, "10.0.0.1:443": false, "[fd00::1]:80": false, "[64:ff9b::a00:1]:80": false, "[2002:a00:1::1]:80": false,
	} {
		if err := control(t.Context(), "tcp", address, nil); (err != nil) != refused {
			t.Errorf("%s: %v", address, err)
		}
	}
}
