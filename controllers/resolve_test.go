// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// confidential is part of every value in these tests.
const confidential = "hunter2"

func secretOf(namespace, name string, keys ...string) client.Object {
	s := &core.Secret{ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: name}, Data: map[string][]byte{}}
	for _, key := range keys {
		key, empty := strings.CutSuffix(key, "=")
		s.Data[key] = []byte(confidential + " of " + key)
		if empty {
			s.Data[key] = nil
		}
	}
	return s
}

// reads is a header from a key of a Secret.
func reads(secret string, key v1alpha1.SecretKey) v1alpha1.Header {
	return v1alpha1.Header{Name: "X-Key", ValueFrom: &v1alpha1.SecretSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: secret, Key: key}}}
}

func TestResolve(t *testing.T) {
	value := "plain"
	sinks := func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Sinks = []v1alpha1.Sink{
			{Name: "plain", HTTP: &v1alpha1.HTTPSink{Headers: []v1alpha1.Header{{Name: "X-Team", Value: &value}, reads("erp", "token")}}},
			{Name: "of another kind"},
			{Name: "second", HTTP: &v1alpha1.HTTPSink{Headers: []v1alpha1.Header{reads("erp", "token"), reads("erp", "key")}}},
		}
	}
	for _, c := range []struct {
		name    string
		webhook *v1alpha1.SuperOfficeWebhook
		stored  []client.Object
		want    secrets
	}{
		{
			name: "all is there", webhook: resource(sinks),
			stored: []client.Object{secretOf("sales", "crm-webhook", "secret", "previous"), secretOf("sales", "erp", "token", "key")},
		},
		{
			name: "the previous secret need not be there", webhook: resource(),
			stored: []client.Object{secretOf("sales", "crm-webhook", "secret")},
		},
		{
			name: "the shared secret is in another namespace", webhook: resource(),
			stored: []client.Object{secretOf("default", "crm-webhook", "secret")},
			want:   secrets{webhook: []problem{{"SecretNotFound", `spec.secret: Secret "crm-webhook" not found`}}},
		},
		{
			name: "the shared secret has another key", webhook: resource(),
			stored: []client.Object{secretOf("sales", "crm-webhook", "Secret")},
			want:   secrets{webhook: []problem{{"KeyNotFound", `spec.secret: Secret "crm-webhook" has no key "secret"`}}},
		},
		{
			name: "the shared secrets are empty", webhook: resource(),
			stored: []client.Object{secretOf("sales", "crm-webhook", "secret=", "previous=")},
			want: secrets{webhook: []problem{
				{"EmptyValue", `spec.secret: key "secret" of Secret "crm-webhook" is empty`},
				{"EmptyValue", `spec.secret: key "previous" of Secret "crm-webhook" is empty`},
			}},
		},
		{
			name: "the Secret of two sinks is missing", webhook: resource(sinks),
			stored: []client.Object{secretOf("sales", "crm-webhook", "secret")},
			want: secrets{sinks: []problem{
				{"SecretNotFound", `spec.sinks[0].http.headers[1].valueFrom.secretKeyRef: Secret "erp" not found`},
				{"SecretNotFound", `spec.sinks[2].http.headers[0].valueFrom.secretKeyRef: Secret "erp" not found`},
				{"SecretNotFound", `spec.sinks[2].http.headers[1].valueFrom.secretKeyRef: Secret "erp" not found`},
			}},
		},
		{
			name: "the certificate and the credentials of the queue are missing", webhook: resource(onTLS, inJetStream),
			stored: []client.Object{secretOf("sales", "crm-webhook", "secret"), secretOf("sales", "crm-tls", "tls.crt", "tls.key=")},
			want: secrets{
				certificate: []problem{{"EmptyValue", `spec.exposure.tls.secretName: key "tls.key" of Secret "crm-tls" is empty`}},
				queue:       []problem{{"SecretNotFound", `spec.queue.jetStream.credentials.secretKeyRef: Secret "nats" not found`}},
			},
		},
		{
			name: "the Secret of the certificate is missing, with both keys", webhook: resource(onTLS),
			stored: []client.Object{secretOf("sales", "crm-webhook", "secret")},
			want:   secrets{certificate: []problem{{"SecretNotFound", `spec.exposure.tls.secretName: Secret "crm-tls" not found`}}},
		},
		{
			name: "each key has a problem of its own", webhook: resource(sinks),
			stored: []client.Object{secretOf("sales", "crm-webhook", "secret"), secretOf("sales", "erp", "token=")},
			want: secrets{sinks: []problem{
				{"EmptyValue", `spec.sinks[0].http.headers[1].valueFrom.secretKeyRef: key "token" of Secret "erp" is empty`},
				{"EmptyValue", `spec.sinks[2].http.headers[0].valueFrom.secretKeyRef: key "token" of Secret "erp" is empty`},
				{"KeyNotFound", `spec.sinks[2].http.headers[1].valueFrom.secretKeyRef: Secret "erp" has no key "key"`},
			}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			read := map[string]int{}
			r := &Reconciler{Client: server(t).Build(), Live: server(t, c.stored...).WithInterceptorFuncs(interceptor.Funcs{
				Get: func(ctx context.Context, w client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
					read[key.Name]++
					return w.Get(ctx, key, o, opts...)
				},
			}).Build()}
			got, err := r.resolve(t.Context(), c.webhook)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got, cmp.AllowUnexported(secrets{}, problem{}), cmpopts.IgnoreFields(secrets{}, "shared")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if (got.shared == nil) != (len(got.webhook) > 0) {
				t.Errorf("there is a question about the shared secret: %t", got.shared != nil)
			}
			for _, p := range slices.Concat(got.webhook, got.certificate, got.queue, got.sinks) {
				if strings.Contains(p.message, confidential) {
					t.Error("a message holds the value of a Secret")
				}
			}
			for name, times := range read {
				if times > 1 {
					t.Errorf("Secret %s was read %d times", name, times)
				}
			}
		})
	}
}

func TestResolveFailsWithTheAPIServer(t *testing.T) {
	refused := errors.New("forbidden")
	for _, name := range []string{"crm-webhook", "erp"} {
		t.Run(name, func(t *testing.T) {
			api := server(t, secretOf("sales", "crm-webhook", "secret")).WithInterceptorFuncs(interceptor.Funcs{
				Get: func(ctx context.Context, w client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
					if key.Name == name {
						return refused
					}
					return w.Get(ctx, key, o, opts...)
				},
			}).Build()
			w := resource(func(w *v1alpha1.SuperOfficeWebhook) {
				w.Spec.Sinks[0].HTTP.Headers = []v1alpha1.Header{reads("erp", "token")}
			})
			if found, err := (&Reconciler{Client: server(t).Build(), Live: api}).resolve(t.Context(), w); !errors.Is(err, refused) || found != nil {
				t.Errorf("got %v, %v", found, err)
			}
		})
	}
}

// TestSecretsAreReadOnce has a cache that knows of each Secret which version it has.
func TestSecretsAreReadOnce(t *testing.T) {
	w := resource()
	reads := 0
	api := server(t, secretOf("sales", "crm-webhook", "secret")).Build()
	r := &Reconciler{Client: api, Live: interceptor.NewClient(api, interceptor.Funcs{
		Get: func(ctx context.Context, w client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			reads++
			return w.Get(ctx, key, o, opts...)
		},
	})}
	look := func(wantReads int, wantProblems int) {
		t.Helper()
		found, err := r.resolve(t.Context(), w)
		if err != nil || len(found.webhook) != wantProblems || reads != wantReads {
			t.Errorf("%d reads and %+v (%v), want %d reads and %d problems", reads, found, err, wantReads, wantProblems)
		}
	}
	look(1, 0)
	look(1, 0)
	secret := secretOf("sales", "crm-webhook", "secret=")
	if err := api.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	look(2, 1)
	look(2, 1)
	if err := api.Delete(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	look(3, 1)
	if err := api.Create(t.Context(), secretOf("sales", "crm-webhook", "secret")); err != nil {
		t.Fatal(err)
	}
	look(4, 0)
	look(4, 0)
}
