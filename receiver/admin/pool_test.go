// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/superoffice-webhook/operator/receiver/admin"
	"github.com/superoffice-webhook/operator/receiver/feed"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// What is of the process is told by the process, and everything else by the webhook that it is of.
func TestHandlersOfAPool(t *testing.T) {
	t.Parallel()
	crm := &fake{status: status.Status{Version: "of crm"}}
	broken := &fake{status: status.Status{Config: status.Config{Error: "sinks: must name at least one sink"}}}
	closed := &fake{status: status.Status{Queue: status.Queue{Error: "not connected"}}}
	webhooks := http.NewServeMux()
	webhooks.Handle("/crm/", http.StripPrefix("/crm", admin.NewWebhookHandler(crm, nil, &feed.Feed{})))
	webhooks.Handle("/broken/", http.StripPrefix("/broken", admin.NewUnservedHandler(broken)))
	webhooks.Handle("/closed/", http.StripPrefix("/closed", admin.NewUnservedHandler(closed)))
	handler := admin.NewPoolHandler(&fake{ready: errors.New("nothing can be stored")}, prometheus.NewRegistry(), webhooks)
	for path, want := range map[string]struct {
		code int
		body string
	}{
		"/healthz":             {http.StatusOK, "ok"},
		"/readyz":              {http.StatusServiceUnavailable, "nothing can be stored"},
		"/metrics":             {http.StatusOK, ""},
		"/status":              {http.StatusNotFound, ""},
		"/crm/status":          {http.StatusOK, `"version": "of crm"`},
		"/crm/metrics":         {http.StatusNotFound, ""},
		"/crm/readyz":          {http.StatusNotFound, ""},
		"/broken/status":       {http.StatusOK, "must name at least one sink"},
		"/broken/dead-letters": {http.StatusServiceUnavailable, "the webhook is not received: sinks: must name at least one sink"},
		"/broken/events":       {http.StatusServiceUnavailable, "the webhook is not received: "},
		"/closed/dead-letters": {http.StatusServiceUnavailable, "the webhook is not received: not connected"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if w.Code != want.code || !strings.Contains(w.Body.String(), want.body) {
				t.Errorf("answered with %d %s", w.Code, w.Body)
			}
		})
	}
}
