// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// recorded are the spans of what a test does from now on, by OpenTelemetry's global provider: no other test may run beside it.
func recorded(t *testing.T) *tracetest.SpanRecorder {
	t.Helper()
	former := otel.GetTracerProvider()
	recorder := tracetest.NewSpanRecorder()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)))
	t.Cleanup(func() { otel.SetTracerProvider(former) })
	return recorder
}

// tree are spans by their names, each behind those that it is in.
func tree(spans []sdktrace.ReadOnlySpan) []string {
	names := map[string]string{}
	for i := len(spans) - 1; i >= 0; i-- { // who ends last began first
		s := spans[i]
		names[s.SpanContext().SpanID().String()] = names[s.Parent().SpanID().String()] + "/" + s.Name()
	}
	var list []string
	for _, s := range spans {
		list = append(list, names[s.SpanContext().SpanID().String()])
	}
	return list
}

func TestTraceOfARound(t *testing.T) {
	recorder := recorded(t)
	key := client.ObjectKeyFromObject(resource())
	away := errors.New("the API server is away")
	api := server(t, resource()).Build()
	r := &Reconciler{Client: api, Live: refusing{api, away}}
	if _, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: key}); !errors.Is(err, away) {
		t.Fatalf("error %v", err)
	}
	spans := recorder.Ended()
	want := []string{"/reconcile/resolve", "/reconcile/report", "/reconcile"}
	if diff := cmp.Diff(want, tree(spans)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	failed := map[string]string{}
	for _, s := range spans {
		if s.Status().Code == codes.Error {
			failed[s.Name()] = s.Status().Description
		}
	}
	if failed["resolve"] != away.Error() || failed["reconcile"] == "" {
		t.Errorf("failed are %v", failed)
	}
}

func TestTraceOfRequests(t *testing.T) {
	recorder := recorded(t)
	parents := map[string]string{}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parents[r.URL.Path] = r.Header.Get("Traceparent")
		http.NotFound(w, r)
	}))
	t.Cleanup(api.Close)
	config := &rest.Config{Host: api.URL}
	config.Wrap(TraceRequests)
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	get := clients.CoreV1().RESTClient().Get().AbsPath("/api/v1/namespaces/sales/secrets/crm")
	_ = get.Do(t.Context()).Error() // of no round
	ctx, span := lookAt(t.Context(), "reconcile", client.ObjectKeyFromObject(resource()))
	_ = get.Do(ctx).Error()
	finish(span, nil)
	if diff := cmp.Diff([]string{"/reconcile/GET secrets", "/reconcile"}, tree(recorder.Ended())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if parents["/api/v1/namespaces/sales/secrets/crm"] == "" {
		t.Error("the API server is not told of the span")
	}
}

func TestResourceOf(t *testing.T) {
	for path, want := range map[string]string{
		"/api/v1/namespaces/sales/secrets/crm":                    "secrets",
		"/api/v1/pods":                                            "pods",
		"/api/v1/namespaces/sales":                                "namespaces",
		"/apis/apps/v1/namespaces/sales/deployments/crm-receiver": "deployments",
		"/apis/webhooks.superoffice.dev/v1alpha1/namespaces/sales/superofficewebhooks/crm/status": "superofficewebhooks/status",
		"/version": "version",
		"/apis":    "apis",
		"/":        "",
	} {
		if got := resourceOf(path); got != want {
			t.Errorf("%s is about %q, want %q", path, got, want)
		}
	}
}

// refusing reads nothing.
type refusing struct {
	client.Reader
	err error
}

func (r refusing) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return r.err
}
