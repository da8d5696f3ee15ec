// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestSecretsAreNotDisclosed takes a resource through all that may tempt somebody to print a value: a rotation, a forged
// event, sinks that repeat what they were shown when they refuse it, a value that can't be used, a crash.
func TestSecretsAreNotDisclosed(t *testing.T) {
	t.Parallel()
	const current, previous, key, broken = "marker-current-7Dk2", "marker-previous-Xe91", "marker-key-p0Wq", "marker-broken-Lz44"
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": current, "previous": previous}))
	api := newSecret(ns, "erp-api", map[string]string{"key": key})
	create(t, api)
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL, apiKey("Authorization")))
	create(t, webhook)
	awaitReady(t, webhook)
	pod := theReceiver(t, webhook)
	intake := intakeOf(t, pod)

	_, body := newEvent(t, superoffice.ActivityCreated)
	postBody(t, intake, "guessed", body, http.StatusUnauthorized)
	ids := postAll(t, intake, previous, 1)
	erp.awaitArrival(t, ids)
	if got := erp.header(ids[0]).Get("Authorization"); got != key {
		t.Error("the sink was not shown the key")
	}
	erp.answer(http.StatusForbidden)
	postAll(t, intake, current, 1)
	awaitStatus(t, webhook, "the dead letter", func(s v1alpha1.SuperOfficeWebhookStatus) bool { return s.Delivery.DeadLettered == 1 })
	erp.answer(http.StatusInternalServerError)
	postAll(t, intake, current, 1)
	awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionFalse, v1alpha1.ReasonSinkFailing)
	change(t, api, func(s *core.Secret) { s.StringData = map[string]string{"key": broken + "\x01"} })
	awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonConfigRejected)
	change(t, api, func(s *core.Secret) { s.StringData = map[string]string{"key": key} })
	awaitReady(t, webhook)
	if err := stage.cluster.Kill(ns, pod.Name, "receiver"); err != nil {
		t.Fatalf("kill: %v", err)
	}
	erp.answer(http.StatusNoContent)
	awaitStatus(t, webhook, "all to be delivered", func(s v1alpha1.SuperOfficeWebhookStatus) bool { return s.Delivery.Pending == 0 })
	awaitRounds(t, webhook, 1)

	markers := encodings(current, previous, key, broken)
	for kind, text := range everythingIn(t, ns) {
		wantLacks(t, kind, text, markers...)
	}
	wantLacks(t, "the operator's log", strings.Join(operatorLog.lines(""), ""), markers...)
	for _, previous := range []bool{false, true} {
		log, err := stage.clients.CoreV1().Pods(ns).GetLogs(pod.Name, &core.PodLogOptions{Previous: previous}).DoRaw(t.Context())
		if err != nil || len(log) == 0 {
			t.Errorf("the receiver's log: %v", err)
		}
		wantLacks(t, "the receiver's log", string(log), markers...)
	}
}

// encodings are the values as text and as Secrets and HTTP encode them.
func encodings(values ...string) []string {
	encoded := slices.Clone(values)
	for _, v := range values {
		encoded = append(encoded, base64.StdEncoding.EncodeToString([]byte(v)))
	}
	return encoded
}

// everythingIn is each object of a namespace but Secrets, Events included, as JSON.
func everythingIn(t *testing.T, namespace string) map[string]string {
	t.Helper()
	lists, err := stage.clients.Discovery().ServerPreferredNamespacedResources()
	if err != nil {
		t.Fatalf("list the kinds of objects: %v", err)
	}
	found := map[string]string{}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if resource.Kind == "Secret" || !slices.Contains(resource.Verbs, "list") {
				continue
			}
			group, err := schema.ParseGroupVersion(list.GroupVersion)
			if err != nil {
				t.Fatal(err)
			}
			var objects unstructured.UnstructuredList
			objects.SetGroupVersionKind(group.WithKind(resource.Kind + "List"))
			err = stage.client.List(t.Context(), &objects, client.InNamespace(namespace))
			if apierrors.IsNotFound(err) || apimeta.IsNoMatchError(err) { // another test has removed the kind meanwhile
				continue
			}
			if err != nil {
				t.Fatalf("list %s: %v", resource.Name, err)
			}
			for _, o := range objects.Items {
				text, err := json.Marshal(o.Object)
				if err != nil {
					t.Fatal(err)
				}
				found[o.GetKind()+" "+o.GetName()] = string(text)
			}
		}
	}
	for _, kind := range []string{"SuperOfficeWebhook crm", "ConfigMap crm-receiver", "Deployment crm-receiver"} {
		if found[kind] == "" {
			t.Errorf("%s was not looked at", kind)
		}
	}
	return found
}
