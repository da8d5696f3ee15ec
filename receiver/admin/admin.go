// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/secretcheck"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// Receiver is what the handler tells about.
type Receiver interface {
	// Status describes the receiver now.
	Status(ctx context.Context) status.Status
	// Ready says why events are not accepted and stored right now; nil while they are.
	Ready(ctx context.Context) error
	// Alive says why only a restart of the process can help; nil while it runs well.
	Alive() error
	// CheckSecret answers whether the values of the shared Secret that a question is about are the ones in force.
	CheckSecret(secretcheck.Question) secretcheck.Answer
}

// NewHandler makes the handler.
func NewHandler(r Receiver, letters DeadLetters, events Events, metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, req *http.Request) {
		writeJSON(w, http.StatusOK, r.Status(req.Context()))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { probe(w, r.Alive()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) { probe(w, r.Ready(req.Context())) })
	mux.HandleFunc("GET /events", stream(events))
	mux.HandleFunc("POST "+secretcheck.Path, checkSecret(r))
	deadLetters{letters}.register(mux)
	return mux
}

// NewServer makes the HTTP server for the handler.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
}

func probe(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

func writeJSON(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // whoever asked has gone
}

// refuse says what is wrong with a request.
func refuse(w http.ResponseWriter, err error) {
	writeJSON(w, http.StatusBadRequest, deadletter.Failure{Error: err.Error()})
}
