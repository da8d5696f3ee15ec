// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/superoffice-webhook/operator/test/fixtures"
)

// sink is an HTTP endpoint like any consumer's.
type sink struct {
	*httptest.Server
	status, took atomic.Int64
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{}
	s.status.Store(http.StatusNoContent)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		status := int(s.status.Load())
		if status == http.StatusNoContent {
			s.took.Add(1)
			w.WriteHeader(status)
			return
		}
		http.Error(w, "no such customer", status)
	}))
	t.Cleanup(s.Close)
	return s
}

// webhook applies a SuperOfficeWebhook "crm" in a namespace of its own, and returns when it is ready.
func webhook(t *testing.T, namespace string, replicas int, s *sink) {
	t.Helper()
	mustRun(t, 0, "kubectl create namespace "+namespace)
	t.Cleanup(func() {
		if t.Failed() {
			r := shell(context.Background(), "", "kubectl get superofficewebhooks,pods -o wide -n "+namespace)
			t.Log(r.both)
		}
	})
	apply(t, fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata: {name: crm-webhook, namespace: %[1]s}
stringData: {secret: %[2]q}
---
apiVersion: webhooks.superoffice.dev/v1alpha1
kind: SuperOfficeWebhook
metadata: {name: crm, namespace: %[1]s}
spec:
  secret: {name: crm-webhook}
  receiver: {replicas: %[3]d}
  sinks:
  - name: erp
    http: {url: %[4]q}
    delivery: {retry: {backoff: {initial: 100ms, max: 200ms}}}
`, namespace, fixtures.SignedSecret, replicas, s.URL+"/hooks"))
	mustRun(t, 0, "kubectl wait --for=condition=Ready superofficewebhook/crm --timeout=120s -n "+namespace)
}
