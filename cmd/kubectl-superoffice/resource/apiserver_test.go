// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/test/peer"
)

// accessTo is for an API server at this address.
func accessTo(t *testing.T, address string) *Access {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("{apiVersion: v1, kind: Config, current-context: it, clusters: [{name: it, cluster: {server: %q}}], "+
		"contexts: [{name: it, context: {cluster: it, namespace: sales}}]}", address)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return &Access{Kubeconfig: file}
}

// silent is an API server that takes connections and never answers. What comes tells of each.
func silent(t *testing.T) (address string, come <-chan struct{}) {
	t.Helper()
	address, come = peer.Silent(t)
	return "http://" + address, come
}

// TestUnknown asks an API server that does not know the kind, and one that has no such object.
func TestUnknown(t *testing.T) {
	t.Parallel()
	const unknown = "the cluster does not know SuperOfficeWebhook resources: is the operator installed?"
	status := func(details string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprintf(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404, "details": %s}`, details)
		}
	}
	for name, test := range map[string]struct {
		answer    http.HandlerFunc
		get, list string
	}{
		"an API server, to a path that it does not know":       {http.NotFound, unknown, unknown},
		"one that answers with a status, which names nothing":  {status("{}"), unknown, unknown},
		"an API server that knows the kind but no such object": {status(`{"name": "crm", "group": "webhooks.superoffice.dev", "kind": "superofficewebhooks"}`), "there is no SuperOfficeWebhook sales/crm", unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(test.answer)
			t.Cleanup(server.Close)
			cluster, err := accessTo(t, server.URL).Connect()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Get(t.Context(), cluster.Client, crm); text(err) != test.get {
				t.Errorf("the error of a read is %q, want %q", text(err), test.get)
			}
			if err := List(t.Context(), cluster.Client, &v1alpha1.SuperOfficeWebhookList{}); text(err) != test.list {
				t.Errorf("the error of a list is %q, want %q", text(err), test.list)
			}
		})
	}
}

// TestSilence has each kind of request end with its context, and with its time.
func TestSilence(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]func(ctx context.Context, c *Cluster) error{
		"read": func(ctx context.Context, c *Cluster) error {
			_, err := Get(ctx, c.Client, crm)
			return err
		},
		"list": func(ctx context.Context, c *Cluster) error {
			return List(ctx, c.Client, &v1alpha1.SuperOfficeWebhookList{})
		},
		"change": func(ctx context.Context, c *Cluster) error { return Patch(ctx, c, webhook(), []byte("{}")) },
	} {
		t.Run(name+" ends with its context", func(t *testing.T) {
			t.Parallel()
			address, come := silent(t)
			endsWithItsContext(t, come, func(ctx context.Context) error {
				cluster, err := accessTo(t, address).Connect()
				if err != nil {
					return err
				}
				return request(ctx, cluster)
			})
		})
		t.Run(name+" ends in time", func(t *testing.T) {
			t.Parallel()
			address, _ := silent(t)
			access := accessTo(t, address)
			access.RequestTimeout = 50 * time.Millisecond
			cluster, err := access.Connect()
			if err != nil {
				t.Fatal(err)
			}
			err = request(t.Context(), cluster)
			var of interface{ Unwrap() error }
			if !errors.As(err, &of) || of.Unwrap().Error() != "the API server has not answered within 50ms (--request-timeout)" {
				t.Errorf("the error is %v", err)
			}
		})
	}
	t.Run("tunnel ends with its context", func(t *testing.T) {
		t.Parallel()
		address, come := silent(t)
		endsWithItsContext(t, come, func(ctx context.Context) error {
			cluster, err := accessTo(t, address).Connect()
			if err != nil {
				return err
			}
			_, err = OpenTunnel(ctx, cluster.Config, Pod{Namespace: "sales", Name: "a", Port: 8080})
			return err
		})
	})
}

// endsWithItsContext ends the context once the API server was connected to.
func endsWithItsContext(t *testing.T, come <-chan struct{}, request func(ctx context.Context) error) {
	t.Helper()
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() { ended <- request(ctx) }()
	select {
	case <-come:
		cancel(enough)
	case err := <-ended:
		t.Fatalf("it has ended before: %v", err)
	}
	if err := <-ended; !errors.Is(err, enough) {
		t.Errorf("the error is %v, want one that tells why it was ended", err)
	}
}

func TestRequestTimeout(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]time.Duration{"0": 0, "10s": 10 * time.Second, "1m": time.Minute, "5": 5 * time.Second} {
		var got time.Duration
		if err := (*requestTimeout)(&got).Set(given); err != nil || got != want {
			t.Errorf("%s means %s (%v), want %s", given, got, err, want)
		}
	}
	for _, given := range []string{"-1s", "-1", "soon", ""} {
		var got time.Duration
		if err := (*requestTimeout)(&got).Set(given); err == nil {
			t.Errorf("%q means %s", given, got)
		}
	}
}

// TestForbiddenTunnel knows for what reason the API server lets nobody through.
func TestForbiddenTunnel(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "message": "pods \"a\" is forbidden", "code": 403}`)
	}))
	t.Cleanup(server.Close)
	cluster, err := accessTo(t, server.URL).Connect()
	if err != nil {
		t.Fatal(err)
	}
	_, err = OpenTunnel(t.Context(), cluster.Config, Pod{Namespace: "sales", Name: "a", Port: 8080})
	if !apierrors.IsForbidden(err) || err.Error() != `forward a port to pod sales/a: pods "a" is forbidden` {
		t.Errorf("the error is %v", err)
	}
}
