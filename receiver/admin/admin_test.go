// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/superoffice-webhook/operator/receiver/status"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 3, 4, 5, 6, 700, time.UTC)
	for name, want := range map[string]status.Status{
		"with all that there is to tell": {
			Version: "v1", Started: at, Ready: true,
			Config: status.Config{Hash: "abc", Loaded: at.Add(time.Hour), Error: "sinks: <wrong> & \"odd\""},
			Intake: status.Intake{LastReceived: &at, LastRejection: &status.Rejection{Time: at, Reason: "SignatureMismatch"}},
			Queue:  status.Queue{Events: 1, Bytes: 2, MaxBytes: 1 << 40, DeadLettered: 3, Error: "the queue is full"},
			Sinks: []status.Sink{
				{Name: "erp", State: status.Failing, Pending: 4, OldestPending: &at, DeadLettered: 5, LastDelivery: &at, LastError: "refused", CircuitOpen: true},
				{Name: "bi", State: status.Delivering},
			},
		},
		"of a receiver that has just started": {Started: at, Sinks: []status.Sink{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, &fake{status: want}, nil, prometheus.NewRegistry())
			got := read[status.Status](t, ask(t, http.MethodGet, url+"/status"), http.StatusOK)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	t.Run("leaves out times that never came", func(t *testing.T) {
		t.Parallel()
		url := serve(t, &fake{status: status.Status{Sinks: []status.Sink{{Name: "erp"}}}}, nil, prometheus.NewRegistry())
		got := read[map[string]any](t, ask(t, http.MethodGet, url+"/status"), http.StatusOK)
		if diff := cmp.Diff(map[string]any{
			"version": "", "started": "0001-01-01T00:00:00Z", "ready": false,
			"config": map[string]any{"hash": "", "loaded": "0001-01-01T00:00:00Z"},
			"intake": map[string]any{},
			"queue":  map[string]any{"events": 0., "bytes": 0., "maxBytes": 0., "deadLettered": 0.},
			"sinks":  []any{map[string]any{"name": "erp", "state": "", "pending": 0., "deadLettered": 0.}},
		}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestProbes(t *testing.T) {
	t.Parallel()
	const plain = "text/plain; charset=utf-8"
	sick := errors.New("the queue engine has stopped")
	for name, c := range map[string]struct {
		receiver fake
		path     string
		want     answer
	}{
		"a receiver that accepts events is ready":         {fake{}, "/readyz", answer{200, plain, "ok\n"}},
		"one that does not says why":                      {fake{ready: sick}, "/readyz", answer{503, plain, "the queue engine has stopped\n"}},
		"one that is only not ready needs no restart":     {fake{ready: sick}, "/healthz", answer{200, plain, "ok\n"}},
		"one that only a restart can help says why":       {fake{alive: sick}, "/healthz", answer{503, plain, "the queue engine has stopped\n"}},
		"readiness is what Ready says, whatever Alive is": {fake{alive: sick}, "/readyz", answer{200, plain, "ok\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, &c.receiver, nil, prometheus.NewRegistry())
			if got := ask(t, http.MethodGet, url+c.path); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "answer", Help: "To everything."})
	registry.MustRegister(gauge)
	gauge.Set(42)
	got := ask(t, http.MethodGet, serve(t, &fake{}, nil, registry)+"/metrics")
	if got.status != http.StatusOK || !strings.HasPrefix(got.contentType, "text/plain; version=0.0.4") || !strings.Contains(got.text, "\nanswer 42\n") {
		t.Errorf("got %+v", got)
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	url := serve(t, &fake{}, nil, prometheus.NewRegistry())
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/", http.StatusNotFound},
		{http.MethodPost, "/webhook", http.StatusNotFound},
		{http.MethodGet, "/status/", http.StatusNotFound},
		{http.MethodGet, "/debug/pprof/", http.StatusNotFound},
		{http.MethodPost, "/status", http.StatusMethodNotAllowed},
		{http.MethodPost, "/readyz", http.StatusMethodNotAllowed},
		{http.MethodPost, "/dead-letters", http.StatusMethodNotAllowed},
		{http.MethodPost, "/dead-letters/1", http.StatusMethodNotAllowed},
		{http.MethodGet, "/dead-letters/1/replay", http.StatusMethodNotAllowed},
		{http.MethodPost, "/dead-letters/1/forget", http.StatusNotFound},
	} {
		if got := ask(t, c.method, url+c.path); got.status != c.want {
			t.Errorf("%s %s is answered %d, want %d", c.method, c.path, got.status, c.want)
		}
	}
}
