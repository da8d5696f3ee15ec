// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/guard"
)

func TestDestination(t *testing.T) {
	for name, c := range map[string]struct {
		endpoint    string
		environment map[string]string
		want        string
	}{
		"what is configured wins": {
			"http://otel:4318/", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://other:4318"}, "http://otel:4318/v1/traces",
		},
		"the environment's for traces is taken as it is": {
			"", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://a/b", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, "https://a/b",
		},
		"the environment's for all gets a path": {"", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c/otlp"}, "http://c/otlp/v1/traces"},
		"else it is next door":                  {"", nil, "http://localhost:4318/v1/traces"},
		"what is no URL is refused":             {"", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "otel:4317"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for name, value := range c.environment {
				t.Setenv(name, value)
			}
			got, err := destination(c.endpoint)
			if c.want == "" && !errors.Is(err, errEnvironment) || c.want != "" && (err != nil || got != c.want) {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20one, x-scope = sales ,none,=nobody,broken=%zz")
	if diff := cmp.Diff(http.Header{"Authorization": {"Bearer one"}, "X-Scope": {"sales"}}, headers()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	var asked atomic.Int64
	statuses := []int{http.StatusServiceUnavailable, http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[min(int(asked.Add(1)), len(statuses))-1])
	}))
	t.Cleanup(server.Close)
	c := newClient(server.URL, http.Header{})
	defer c.http.CloseIdleConnections()
	if err := c.UploadTraces(t.Context(), nil); err != nil || asked.Load() != 2 {
		t.Errorf("asked %d times, error %v", asked.Load(), err)
	}
	statuses = []int{http.StatusFound}
	if err := c.UploadTraces(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "the collector answered 302") {
		t.Errorf("error %v", err)
	}
	gone, end := context.WithCancel(t.Context())
	end()
	if err := c.UploadTraces(gone, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if passes, err := newClient("http://169.254.169.254/v1/traces", http.Header{}).post(t.Context(), nil); !passes || !errors.Is(err, guard.ErrRefused) {
		t.Errorf("error %v", err)
	}
}

func TestACollectorsHeaderHasALimit(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Large", strings.Repeat("x", 1<<20))
	}))
	t.Cleanup(server.Close)
	c := newClient(server.URL, http.Header{})
	if passes, err := c.post(t.Context(), nil); !passes || err == nil || !strings.Contains(err.Error(), "response headers exceeded 65536 bytes") {
		t.Errorf("passes %t, error %v", passes, err)
	}
}

// A URL may hold the key of whoever collects, and errors end up in the log.
func TestErrorsHoldNoURL(t *testing.T) {
	const secret = "s3cr3t"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://%zz")
		w.WriteHeader(http.StatusFound)
	}))
	t.Cleanup(server.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, base := range map[string]string{
		"nobody listens":    gone.URL,
		"it redirects":      server.URL,
		"no such host":      "http://no-such-host.invalid",
		"does not do TLS":   strings.Replace(server.URL, "http:", "https:", 1),
		"URL is none":       "http://%zz",
		"scheme is unknown": "gopher://example.com",
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(strings.Replace(base, "://", "://"+secret+":"+secret+"@", 1)+"/"+secret+"?api-key="+secret, http.Header{"X-Key": {secret}})
			defer c.http.CloseIdleConnections()
			if _, err := c.post(t.Context(), nil); err == nil || err.Error() == "" || strings.Contains(err.Error(), secret) {
				t.Errorf("it says %v", err)
			}
		})
	}
}
