// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/test/golden"
)

func TestWebhook(t *testing.T) {
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		golden.Check(t, filepath.Join("testdata", filepath.Base(t.Name())+".yaml"), manifest(t, renderAll(t, w).Objects))
	})
}

func TestRenderingIsPure(t *testing.T) {
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		before := w.DeepCopy()
		want := manifest(t, renderAll(t, w).Objects)
		for range 20 { // maps are walked in another order each time
			if diff := cmp.Diff(want, manifest(t, renderAll(t, w.DeepCopy()).Objects)); diff != "" {
				t.Fatalf("equal resources give other objects\n%s", diff)
			}
		}
		if diff := cmp.Diff(before, w); diff != "" {
			t.Errorf("the resource was changed\n%s", diff)
		}
	})
}

func TestNothingButTheSpecMatters(t *testing.T) {
	w := load(t, cases["everything"])
	want := manifest(t, renderAll(t, w).Objects)
	w.Labels = map[string]string{"app.kubernetes.io/instance": "argo", "app.kubernetes.io/managed-by": "Helm"}
	w.Annotations = map[string]string{"argocd.argoproj.io/tracking-id": "argo", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
	w.ResourceVersion = "7" // the generation is that of the spec
	w.Status.Replicas = 7
	if diff := cmp.Diff(want, manifest(t, renderAll(t, w).Objects)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDefaultsAreThoseOfTheSchema(t *testing.T) {
	with, without := renderAll(t, load(t, cases["minimal"])), renderAll(t, load(t, cases["without-defaults"]))
	if diff := cmp.Diff(with.deployment, without.deployment); diff != "" {
		t.Errorf("Deployment (-with +without)\n%s", diff)
	}
	if diff := cmp.Diff(receiverConfig(t, with), receiverConfig(t, without)); diff != "" {
		t.Errorf("configuration as a receiver reads it (-with +without)\n%s", diff)
	}
	if with, without := render.URL(load(t, cases["minimal"])), render.URL(load(t, cases["without-defaults"])); with != without {
		t.Errorf("URL %s with defaults, %s without", with, without)
	}
}

func TestNewOperatorReplacesNoPod(t *testing.T) {
	w := load(t, cases["everything"]) // names an image
	want := renderAll(t, w).deployment.Spec
	objects, err := render.Webhook(w, render.Options{Image: "ghcr.io/superoffice-webhook/receiver:v2", Version: "v2"}, nil, render.Live{})
	if err != nil {
		t.Fatal(err)
	}
	got := rendered{}
	decode(t, objects.Deployment, &got.deployment)
	if diff := cmp.Diff(want, got.deployment.Spec); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := got.deployment.Labels["app.kubernetes.io/version"]; got != "v2" {
		t.Errorf("the Deployment says version %q", got)
	}
}

func TestInvalidResource(t *testing.T) {
	sink := func(w *v1alpha1.SuperOfficeWebhook) *v1alpha1.Sink { return &w.Spec.Sinks[0] }
	for _, c := range []struct {
		name   string
		change func(w *v1alpha1.SuperOfficeWebhook)
		fields []string
	}{
		{"a queue for a bad time", func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Queue.Retention.MaxAge = "7d" }, []string{"spec.queue.retention.maxAge: "}},
		{"a bad timeout", func(w *v1alpha1.SuperOfficeWebhook) { sink(w).HTTP.Timeout = "10 s" }, []string{"spec.sinks[0].http.timeout: "}},
		{"bad retries", func(w *v1alpha1.SuperOfficeWebhook) {
			sink(w).Delivery.Retry = v1alpha1.Retry{MaxAge: "x", Backoff: v1alpha1.Backoff{Initial: "y", Max: "z"}}
		}, []string{"spec.sinks[0].delivery.retry.backoff.initial: ", "spec.sinks[0].delivery.retry.backoff.max: ", "spec.sinks[0].delivery.retry.maxAge: "}},
		{"a bad time of the second sink", func(w *v1alpha1.SuperOfficeWebhook) {
			second := sink(w).DeepCopy()
			second.Name, second.HTTP.Timeout = "second", "soon"
			w.Spec.Sinks = append(w.Spec.Sinks, *second)
		}, []string{"spec.sinks[1].http.timeout: "}},
		{"no sinks", func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Sinks = nil }, []string{"sinks: must name at least one sink"}},
		{"a sink of no kind", func(w *v1alpha1.SuperOfficeWebhook) { sink(w).HTTP = nil }, []string{"sinks[0]: must have exactly one kind"}},
		{"retries for longer than events are kept", func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Queue.Retention.MaxAge = "1h" }, []string{"sinks[0].delivery.maxAge: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := load(t, cases["minimal"])
			c.change(w)
			_, err := render.Webhook(w, options, nil, render.Live{})
			if err == nil {
				t.Fatal("it is rendered")
			}
			for _, field := range c.fields {
				if !strings.Contains(err.Error(), field) {
					t.Errorf("%v does not say %q", err, field)
				}
			}
		})
	}
}

func receiverConfig(t *testing.T, r rendered) *config.Config {
	t.Helper()
	c, err := config.Parse([]byte(r.configMap.Data["receiver.yaml"]))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
