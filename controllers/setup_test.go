// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

func request(namespace, name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
}

func TestSecretNames(t *testing.T) {
	value := "plain"
	w := resource(func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Sinks = []v1alpha1.Sink{
			{Name: "a", HTTP: &v1alpha1.HTTPSink{Headers: []v1alpha1.Header{reads("erp", "token"), {Name: "X-Team", Value: &value}, reads("other", "key")}}},
			{Name: "of another kind"},
		}
	})
	if diff := cmp.Diff([]string{"crm-webhook", "erp", "other"}, secretNames(w)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWebhooksOfPod(t *testing.T) {
	member := func(namespace, name, pool string) *v1alpha1.SuperOfficeWebhook {
		return resource(func(w *v1alpha1.SuperOfficeWebhook) {
			w.Namespace, w.Name, w.Spec.Receiver.Pool = namespace, name, pool
		})
	}
	api := server(t, member("sales", "a", "edge"), member("sales", "b", "edge"), member("sales", "edge", "other"), member("default", "c", "edge")).
		WithIndex(&v1alpha1.SuperOfficeWebhook{}, indexPool, poolNames).Build()
	for _, c := range []struct {
		name   string
		labels map[string]string
		want   []reconcile.Request
	}{
		{"one of a receiver", map[string]string{"webhooks.superoffice.dev/webhook": "crm"}, []reconcile.Request{request("sales", "crm")}},
		{"one of a pool", map[string]string{"webhooks.superoffice.dev/pool": "edge"}, []reconcile.Request{request("sales", "a"), request("sales", "b")}},
		{"another one", map[string]string{"app": "crm"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &core.Pod{ObjectMeta: meta.ObjectMeta{Namespace: "sales", Name: "p", Labels: c.labels}}
			if diff := cmp.Diff(c.want, (&Reconciler{Client: api}).webhooksOfPod(t.Context(), p)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestReadersOfSecret(t *testing.T) {
	named := func(namespace, name, secret string) *v1alpha1.SuperOfficeWebhook {
		return resource(func(w *v1alpha1.SuperOfficeWebhook) {
			w.Namespace, w.Name, w.Spec.Secret.Name = namespace, name, secret
		})
	}
	header := named("sales", "by-header", "own")
	header.Spec.Sinks[0].HTTP.Headers = []v1alpha1.Header{reads("shared", "key")}
	api := server(t, named("sales", "by-secret", "shared"), header, named("sales", "not", "own"), named("default", "elsewhere", "shared")).
		WithIndex(&v1alpha1.SuperOfficeWebhook{}, indexSecrets, secretNames).Build()

	got := (&Reconciler{Client: api}).readersOfSecret(t.Context(), &meta.PartialObjectMetadata{ObjectMeta: meta.ObjectMeta{Namespace: "sales", Name: "shared"}})
	slices.SortFunc(got, func(a, b reconcile.Request) int { return strings.Compare(a.Name, b.Name) })
	want := []reconcile.Request{request("sales", "by-header"), request("sales", "by-secret")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWebhookChanged(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(w *v1alpha1.SuperOfficeWebhook)
		want   bool
	}{
		{"the spec", func(w *v1alpha1.SuperOfficeWebhook) { w.Generation++ }, true},
		{"the status", func(w *v1alpha1.SuperOfficeWebhook) { w.Status.Replicas++ }, false},
		{"a label", func(w *v1alpha1.SuperOfficeWebhook) { w.Labels = map[string]string{"a": "b"} }, false},
		{"a wish", wishes("now"), true},
		{"a wish that is too long to be repeated", wishes(strings.Repeat("now", 50)), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := resource(c.change)
			if got := webhookChanged.Update(event.UpdateEvent{ObjectOld: resource(), ObjectNew: changed}); got != c.want {
				t.Errorf("asks for a round: %t", got)
			}
		})
	}
}

func wishes(text string) func(w *v1alpha1.SuperOfficeWebhook) {
	return func(w *v1alpha1.SuperOfficeWebhook) {
		w.Annotations = map[string]string{v1alpha1.AnnotationRequestedAt: text}
	}
}
