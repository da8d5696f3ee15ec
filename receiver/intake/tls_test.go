// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/certificate"
)

const serverName = "hooks.example.com"

// encrypted is intake behind TLS.
type encrypted struct {
	*receiver
	authority   *certificate.Authority
	certificate *intake.Certificate
}

// openEncrypted serves by TLS, at most n connections at a time.
func openEncrypted(t *testing.T, n int, change ...func(*http.Server)) *encrypted {
	t.Helper()
	q := openQueue(t, limits)
	cursor, err := q.Cursor(t.Context(), config.Sink{Name: "erp"}, superoffice.ActivityEvents())
	if err != nil {
		t.Fatal(err)
	}
	e := &encrypted{authority: certificate.NewAuthority(t), certificate: &intake.Certificate{}}
	e.certificate.Set(e.authority.Issue(t, serverName).TLS(t))
	c := newCounts()
	h := intake.New(q, rules(), c, logr.Discard())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := intake.NewServer(h, logr.Discard())
	for _, f := range change {
		f(s)
	}
	intake.Encrypt(s, e.certificate)
	limited := intake.Limit(s, l, n)
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.ServeTLS(limited, "", "") })
	t.Cleanup(func() {
		_ = s.Close()
		serving.Wait()
	})
	e.receiver = &receiver{address: l.Addr().String(), handler: h, queue: q, cursor: cursor, counts: c}
	return e
}

// client speaks one version of HTTP over connections of its own.
func (e *encrypted) client(t *testing.T, protocol func(*http.Protocols)) *http.Client {
	t.Helper()
	transport := &http.Transport{Protocols: &http.Protocols{}, TLSClientConfig: &tls.Config{RootCAs: e.authority.Pool(), ServerName: serverName}}
	protocol(transport.Protocols)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

func http1(p *http.Protocols) { p.SetHTTP1(true) }
func http2(p *http.Protocols) { p.SetHTTP2(true) }

// send posts a signed body with more headers.
func (e *encrypted) send(t *testing.T, c *http.Client, path string, body io.Reader, signed []byte, header ...string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+e.address+path, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(superoffice.HeaderSignature, superoffice.Sign(current, signed))
	for i := 0; i < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	answer, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// Over either version of HTTP the answers are the ones of docs/intake.md.
func TestAnswersOverTLS(t *testing.T) {
	t.Parallel()
	for protocol, speak := range map[string]func(*http.Protocols){"HTTP/1.1": http1, "HTTP/2.0": http2} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			e := openEncrypted(t, intake.MaxConnections)
			c := e.client(t, speak)
			for _, row := range []struct {
				name   string
				path   string
				body   []byte
				signed []byte
				header []string
				want   intake.Reason
			}{
				{"an event", "/webhook", created, created, nil, intake.Stored},
				{"the same event again", "/webhook", created, created, nil, intake.Duplicate},
				{"a body that was changed", "/webhook", changed, created, nil, intake.SignatureMismatch},
				{"two signatures", "/webhook", changed, changed, []string{superoffice.HeaderSignature, "x"}, intake.SignatureMalformed},
				{"a body over the limit", "/webhook", padded(limit + 1), created, nil, intake.BodyTooLarge},
				{"a compressed body", "/webhook", changed, changed, []string{"Content-Encoding", "gzip"}, intake.BodyCompressed},
				{"another path", "/webhook/", changed, changed, nil, intake.PathUnknown},
				{"an event after all that", "/webhook", changed, changed, nil, intake.Stored},
			} {
				t.Run(row.name, func(t *testing.T) {
					answer := e.send(t, c, row.path, bytes.NewReader(row.body), row.signed, row.header...)
					if answer.Proto != protocol || answer.StatusCode != row.want.Status() || answer.Header.Get("Location") != "" {
						t.Errorf("%s %d, want %s %d for %s", answer.Proto, answer.StatusCode, protocol, row.want.Status(), row.want)
					}
				})
			}
			e.holds(t, [][]byte{created, changed}, nil)
		})
	}
}

func TestBodyThatEndsTooSoonOverHTTP2(t *testing.T) {
	t.Parallel()
	e := openEncrypted(t, intake.MaxConnections, func(s *http.Server) { s.ReadTimeout = 300 * time.Millisecond })
	body, writer := io.Pipe()
	t.Cleanup(func() { writer.Close() })
	go func() { _, _ = writer.Write(created[:10]) }() // and stalls
	answer := e.send(t, e.client(t, http2), "/webhook", body, created)
	if answer.StatusCode != intake.BodyIncomplete.Status() {
		t.Errorf("answered %d", answer.StatusCode)
	}
	e.holds(t, nil, nil)
}

// What a handshake can be that leads to nothing.
func TestHandshakesThatAreRefused(t *testing.T) {
	t.Parallel()
	e := openEncrypted(t, intake.MaxConnections, func(s *http.Server) { s.ReadHeaderTimeout = 300 * time.Millisecond })
	t.Run("one that never begins is cut off", func(t *testing.T) {
		endsUnanswered(t, dial(t, e.address))
	})
	t.Run("one that stalls is cut off", func(t *testing.T) {
		conn := dial(t, e.address)
		if _, err := conn.Write([]byte{0x16, 3, 1, 2, 0, 1}); err != nil { // the beginning of a hello
			t.Fatal(err)
		}
		endsUnanswered(t, conn)
	})
	t.Run("TLS 1.1 is refused", func(t *testing.T) {
		conn := tls.Client(dial(t, e.address), &tls.Config{
			RootCAs: e.authority.Pool(), ServerName: serverName,
			MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, // #nosec G402 -- which is what shall be refused
		})
		if err := conn.HandshakeContext(t.Context()); err == nil || !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("the handshake ends with %v", err)
		}
	})
	t.Run("HTTP in clear is refused", func(t *testing.T) {
		conn := dial(t, e.address)
		if _, err := conn.Write(post(created).bytes()); err != nil {
			t.Fatal(err)
		}
		got, err := readAnswer(bufio.NewReader(conn), "")
		if err == nil && got.status != http.StatusBadRequest { // who sends on what nobody reads may lose the answer
			t.Errorf("answered %d", got.status)
		}
	})
	e.holds(t, nil, nil)
}

func endsUnanswered(t *testing.T, conn net.Conn) {
	t.Helper()
	if said, err := io.ReadAll(conn); err != nil || len(said) > 0 {
		t.Errorf("it said %q, error %v", said, err)
	}
}

// A place is free again when a connection of HTTP/2 has ended, and when a handshake has failed.
func TestConnectionsOverTLSGiveTheirPlacesBack(t *testing.T) {
	t.Parallel()
	e := openEncrypted(t, 1)
	for i := range 3 {
		c := e.client(t, http2)
		var opened net.Conn
		c.Transport.(*http.Transport).DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
			opened = dial(t, address)
			return opened, nil
		}
		id := event(superoffice.ActivityCreated, strings.Repeat("i", i+1))
		if answer := e.send(t, c, "/webhook", bytes.NewReader(id), id); answer.StatusCode != http.StatusOK {
			t.Fatalf("answered %d", answer.StatusCode)
		}
		opened.Close()
		conn := dial(t, e.address)
		_, _ = conn.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		_, _ = io.ReadAll(conn)
		conn.Close()
	}
}

// The limit for headers holds for HTTP/2, too: who has heard of it sends no longer ones, and who has not is answered or cut off.
func TestHeaderOverTheLimitOverTLS(t *testing.T) {
	t.Parallel()
	e := openEncrypted(t, intake.MaxConnections)
	long := []string{"X-Long", strings.Repeat("x", 24<<10)}
	if answer := e.send(t, e.client(t, http1), "/webhook", bytes.NewReader(created), created, long...); answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("answered %d", answer.StatusCode)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+e.address+"/webhook", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(long[0], long[1])
	if answer, err := e.client(t, http2).Do(request); err == nil {
		answer.Body.Close()
		if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("answered %d", answer.StatusCode)
		}
	}
	e.holds(t, nil, nil)
}

// Those who are connected go on, and who connects is shown the new certificate.
func TestCertificateIsReplaced(t *testing.T) {
	t.Parallel()
	e := openEncrypted(t, intake.MaxConnections)
	shown := func(c *http.Client) string {
		answer := e.send(t, c, "/webhook", bytes.NewReader(created), created)
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.TLS.PeerCertificates[0].SerialNumber.String()
	}
	before := e.client(t, http2)
	first := shown(before)
	next := e.authority.Issue(t, serverName).TLS(t)
	e.certificate.Set(next)
	if got := shown(before); got != first {
		t.Error("a connection that was open was not used again")
	}
	if got := shown(e.client(t, http2)); got != next.Leaf.SerialNumber.String() {
		t.Errorf("a new connection is shown %s", got)
	}
	if !e.certificate.Expires().Equal(next.Leaf.NotAfter) {
		t.Errorf("it expires %s", e.certificate.Expires())
	}
}

func TestRequestsOverTheLimitWait(t *testing.T) {
	t.Parallel()
	const most = 2
	began, end := make(chan struct{}, 2*most), make(chan struct{})
	h := intake.LimitRequests(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		began <- struct{}{}
		<-end
	}), most)
	var all sync.WaitGroup
	request := func(ctx context.Context) *http.Request {
		return httptest.NewRequestWithContext(ctx, http.MethodPost, "/webhook", nil)
	}
	for range most {
		all.Go(func() { h.ServeHTTP(httptest.NewRecorder(), request(t.Context())) })
		<-began
	}
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	h.ServeHTTP(httptest.NewRecorder(), request(gone)) // who is gone is not waited for
	all.Go(func() { h.ServeHTTP(httptest.NewRecorder(), request(t.Context())) })
	if len(began) > 0 {
		t.Error("more are handled than may be")
	}
	close(end)
	all.Wait()
	if len(began) != 1 {
		t.Error("the one that waited was not handled")
	}
}
