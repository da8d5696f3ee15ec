// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/probe"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// exposedAt makes a resource one that the reconciler has found to be exposed.
func exposedAt(url string, exposed meta.ConditionStatus) func(w *v1alpha1.SuperOfficeWebhook) {
	return func(w *v1alpha1.SuperOfficeWebhook) {
		w.Status.ObservedGeneration = w.Generation
		w.Status.Address = &v1alpha1.Address{URL: url}
		w.Status.Conditions = []meta.Condition{
			{Type: v1alpha1.ConditionReceiverAvailable, Status: meta.ConditionTrue},
			{Type: v1alpha1.ConditionExposed, Status: exposed},
		}
	}
}

const publicAddress = "http://hooks.example.com/webhook"

func TestWorthProbing(t *testing.T) {
	loadBalancer := func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Exposure.Service.Type, w.Spec.Exposure.Ingress = v1alpha1.ServiceLoadBalancer, nil
	}
	reached := probed{at: time.Now(), url: publicAddress, generation: generation, result: probe.Result{Status: "True"}}
	for _, c := range []struct {
		name    string
		webhook *v1alpha1.SuperOfficeWebhook
		last    probed
		want    bool
	}{
		{"one that nobody has looked at", resource(probing), probed{}, false},
		{"one that is exposed", resource(probing, exposedAt(publicAddress, "True")), probed{}, true},
		{"one whose ingress controller reports nothing", resource(probing, exposedAt(publicAddress, "Unknown")), probed{}, true},
		{"one whose route is rejected", resource(probing, exposedAt(publicAddress, "False")), probed{}, false},
		{"one whose route is rejected since", resource(probing, exposedAt(publicAddress, "False")), reached, true},
		{"one that has no receivers yet", resource(probing, exposedAt(publicAddress, "True"), func(w *v1alpha1.SuperOfficeWebhook) {
			w.Status.Conditions[0].Status = meta.ConditionFalse
		}), probed{}, false},
		{"one that was changed since", resource(probing, exposedAt(publicAddress, "True"), func(w *v1alpha1.SuperOfficeWebhook) { w.Generation++ }), reached, false},
		{"a load balancer", resource(probing, loadBalancer, exposedAt("http://192.0.2.1/webhook", "True")), probed{}, true},
		{"a load balancer without an address", resource(probing, loadBalancer, exposedAt("http://crm-receiver.sales.svc/webhook", "Unknown")), probed{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := worthProbing(c.webhook, c.last); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestPauseBetweenProbes(t *testing.T) {
	w := resource(probing, exposedAt(publicAddress, "True"))
	last := func(ago time.Duration, url string, generation int64, status meta.ConditionStatus) probed {
		return probed{time.Now().Add(-ago), url, generation, probe.Result{Status: status}}
	}
	for _, c := range []struct {
		name string
		last probed
		want time.Duration
	}{
		{"the first", probed{}, 0},
		{"after one that was answered", last(0, publicAddress, generation, "True"), 5 * time.Minute},
		{"after one that was not", last(0, publicAddress, generation, "False"), 30 * time.Second},
		{"in the middle", last(2*time.Minute, publicAddress, generation, "True"), 3 * time.Minute},
		{"late", last(time.Hour, publicAddress, generation, "True"), 0},
		{"at another URL", last(0, "http://other.example.com/", generation, "True"), 0},
		{"of another spec", last(0, publicAddress, generation-1, "True"), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := pause(w, c.last); got > c.want || got < c.want-10*time.Second {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// answers is a transport that answers with this text, and keeps what it was sent.
type answers struct {
	text string
	sent []string
	by   []string // their signatures
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	a.sent, a.by = append(a.sent, string(body)), append(a.by, r.Header.Get(superoffice.HeaderSignature))
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(a.text))}, nil
}

func TestProber(t *testing.T) {
	w := resource(probing, exposedAt(publicAddress, "True"))
	secret := &core.Secret{ObjectMeta: meta.ObjectMeta{Namespace: "sales", Name: "crm-webhook"}, Data: map[string][]byte{"secret": []byte("Name you provided")}}
	api := server(t, w, secret).Build()
	url, wake := &answers{text: "test event received\n"}, make(chan event.GenericEvent, 10)
	p := &prober{client: api, live: api, transport: url, results: &memory[probed]{}, wake: wake}
	key := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(w)}
	once := func(t *testing.T) time.Duration {
		t.Helper()
		result, err := p.Reconcile(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return result.RequeueAfter
	}
	update := func(t *testing.T, change func(w *v1alpha1.SuperOfficeWebhook)) {
		t.Helper()
		if err := api.Get(t.Context(), key.NamespacedName, w); err != nil {
			t.Fatal(err)
		}
		change(w)
		if err := api.Update(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if err := api.Status().Update(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	overdue := func() {
		last := p.results.recall(key.NamespacedName)
		last.at = last.at.Add(-time.Hour)
		p.results.keep(key.NamespacedName, last)
	}

	t.Run("posts when it is time to, signed", func(t *testing.T) {
		for range 3 {
			if wait := once(t); wait < 4*time.Minute {
				t.Errorf("comes again after %s", wait)
			}
		}
		if len(url.sent) != 1 || len(wake) != 1 {
			t.Fatalf("posted %d times, woke %d times", len(url.sent), len(wake))
		}
		_, err := superoffice.Verify([]superoffice.Secret{superoffice.NewSecret(secret.Data["secret"])}, []byte(url.sent[0]), url.by[0])
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("wakes nobody by the same result", func(t *testing.T) {
		overdue()
		once(t)
		if len(url.sent) != 2 || len(wake) != 1 {
			t.Errorf("posted %d times, woke %d times", len(url.sent), len(wake))
		}
	})
	t.Run("wakes by another, and comes back soon", func(t *testing.T) {
		overdue()
		url.text = "Welcome to nginx!"
		if wait := once(t); wait > 30*time.Second || len(wake) != 2 {
			t.Errorf("comes again after %s, woke %d times", wait, len(wake))
		}
		if got := p.results.recall(key.NamespacedName).about(w); got == nil || got.Reason != v1alpha1.ReasonWrongAnswer {
			t.Errorf("the result is %+v", got)
		}
	})
	t.Run("says so when there is no secret", func(t *testing.T) {
		overdue()
		if err := api.Delete(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		once(t)
		want := probe.Result{Status: "Unknown", Reason: "SecretNotFound", Message: "there is no shared secret to sign a test event with"}
		if diff := cmp.Diff(&want, p.results.recall(key.NamespacedName).about(w)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("forgets who asks for it no more", func(t *testing.T) {
		update(t, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Exposure.Probe = nil })
		if wait := once(t); wait != 0 || !p.results.recall(key.NamespacedName).at.IsZero() {
			t.Errorf("comes again after %s", wait)
		}
	})
}
