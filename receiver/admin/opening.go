// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"errors"
	"net/http"

	"github.com/superoffice-webhook/operator/receiver/status"
)

// NewOpeningHandler makes the handler for the time before the queue is open: it tells what the receiver waits for, and that it
// neither accepts events nor has started.
func NewOpeningHandler(tell func() status.Status) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, tell()) })
	starting := func(w http.ResponseWriter, _ *http.Request) { probe(w, errors.New("starting: "+tell().Queue.Error)) }
	mux.HandleFunc("GET /healthz", starting)
	mux.HandleFunc("GET /readyz", starting)
	return mux
}
