// SPDX-License-Identifier: Apache-2.0

package http

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// received is a request as the endpoint saw it.
type received struct {
	method, path, host string
	header             http.Header
	body               []byte
	length             int64
}

// endpoint is an HTTP server that keeps what it was sent.
type endpoint struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

// serve starts an endpoint that answers by a function; nil: with 200.
func serve(t *testing.T, answer http.HandlerFunc) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read a request: %v", err)
		}
		e.mu.Lock()
		e.requests = append(e.requests, received{r.Method, r.URL.RequestURI(), r.Host, r.Header.Clone(), body, r.ContentLength})
		e.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) only(t *testing.T) received {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.requests) != 1 {
		t.Fatalf("%d requests, want 1", len(e.requests))
	}
	return e.requests[0]
}

// open makes a sink with the defaults of the configuration, changed.
func open(t *testing.T, url string, change ...func(*Options)) *Sink {
	t.Helper()
	o := Options{URL: url, Format: config.Raw, Timeout: 10 * time.Second, Concurrency: 4}
	for _, f := range change {
		f(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	sinktest.CloseAfter(t, s)
	return s
}

func as(f config.Format) func(*Options) { return func(o *Options) { o.Format = f } }

// message is the sample of an event with headers as SuperOffice and proxies on the way send them.
func message(t *testing.T, body []byte) sink.Message {
	t.Helper()
	m := sinktest.Message(t, body, http.Header{
		"User-Agent": {"NetServer-Webhook/8.8.6684.1719"},
		// What must not go on.
		"Connection":          {"keep-alive, X-Hop", "x-other-hop"},
		"X-Hop":               {"1"},
		"X-Other-Hop":         {"1"},
		"Keep-Alive":          {"timeout=5"},
		"Proxy-Connection":    {"keep-alive"},
		"Proxy-Authorization": {"Basic c2VjcmV0"},
		"Te":                  {"trailers"},
		"Trailer":             {"X-Checksum"},
		"Transfer-Encoding":   {"chunked"},
		"Upgrade":             {"h2c"},
		"Expect":              {"100-continue"},
		"Host":                {"receiver.example.com"},
		"Content-Length":      {"7"},
		"Accept-Encoding":     {"br"},
		"Cookie":              {"session=secret"},
		"Forwarded":           {"for=192.0.2.1"},
		"X-Forwarded-For":     {"192.0.2.1"},
		"X-Forwarded-Proto":   {"https"},
		"X-Real-Ip":           {"192.0.2.1"},
		"Via":                 {"1.1 proxy"},
	})
	m.Header.Set("X-Superoffice-Eventid", m.Event.ID)
	return m
}

// sample is the body of an activity.created event.
func sample(t *testing.T) []byte {
	t.Helper()
	body, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
