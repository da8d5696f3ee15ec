// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"cmp"
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

// Webhook is what is told of one webhook.
type Webhook interface {
	// Status describes the webhook, and the process, now.
	Status(ctx context.Context) status.Status
}

// Process is what is told of a process as a whole.
type Process interface {
	// Ready says why events are not accepted and stored right now; nil while they are.
	Ready(ctx context.Context) error
	// Alive says why only a restart of the process can help; nil while it runs well.
	Alive() error
}

// Served is a webhook that is received.
type Served interface {
	Webhook
	// CheckSecret answers whether the values of the shared Secret that a question is about are the ones in force.
	CheckSecret(secretcheck.Question) secretcheck.Answer
}

// Receiver is a process that receives one webhook.
type Receiver interface {
	Served
	Process
}

// NewHandler makes the handler of a process that receives one webhook.
func NewHandler(r Receiver, letters DeadLetters, events Events, metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	registerProcess(mux, r, metrics)
	registerWebhook(mux, r, letters, events)
	return mux
}

// NewPoolHandler makes the handler of a process that receives many. What is not of the process goes to webhooks.
func NewPoolHandler(p Process, metrics prometheus.Gatherer, webhooks http.Handler) http.Handler {
	mux := http.NewServeMux()
	registerProcess(mux, p, metrics)
	mux.Handle("/", webhooks)
	return mux
}

// NewWebhookHandler makes the handler of one webhook of many.
func NewWebhookHandler(w Served, letters DeadLetters, events Events) http.Handler {
	mux := http.NewServeMux()
	registerWebhook(mux, w, letters, events)
	return mux
}

// NewUnservedHandler makes the handler of a webhook that is not received. Its status says why; there is nothing else, which
// is said instead of everything else.
func NewUnservedHandler(w Webhook) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", tell(w))
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		s := w.Status(r.Context())
		why := cmp.Or(s.Config.Error, s.Queue.Error)
		writeJSON(rw, http.StatusServiceUnavailable, deadletter.Failure{Error: "the webhook is not received: " + why})
	})
	return mux
}

func registerProcess(mux *http.ServeMux, p Process, metrics prometheus.Gatherer) {
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { probe(w, p.Alive()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) { probe(w, p.Ready(req.Context())) })
}

func registerWebhook(mux *http.ServeMux, w Served, letters DeadLetters, events Events) {
	mux.HandleFunc("GET /status", tell(w))
	mux.HandleFunc("GET /events", stream(events))
	mux.HandleFunc("POST "+secretcheck.Path, checkSecret(w))
	deadLetters{letters}.register(mux)
}

func tell(w Webhook) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) { writeJSON(rw, http.StatusOK, w.Status(r.Context())) }
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
