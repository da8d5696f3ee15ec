// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// shared is the shared secret of a resource in whose test it does not matter.
const shared = "Name you provided"

// newWebhook is a resource "crm" with one receiver, whose shared secret is in the Secret "crm". Sinks retry within moments.
func newWebhook(namespace string, sinks ...v1alpha1.Sink) *v1alpha1.SuperOfficeWebhook {
	return &v1alpha1.SuperOfficeWebhook{
		ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: "crm"},
		Spec: v1alpha1.SuperOfficeWebhookSpec{
			Secret:   v1alpha1.WebhookSecret{Name: "crm"},
			Sinks:    sinks,
			Receiver: v1alpha1.Receiver{Replicas: ptr.To[int32](1)},
		},
	}
}

// to is a sink at a URL.
func to(name, url string, headers ...v1alpha1.Header) v1alpha1.Sink {
	return v1alpha1.Sink{
		Name:     name,
		HTTP:     &v1alpha1.HTTPSink{URL: url, Headers: headers},
		Delivery: v1alpha1.Delivery{Retry: v1alpha1.Retry{Backoff: v1alpha1.Backoff{Initial: "50ms", Max: "300ms"}}},
	}
}

// nowhere is a sink of which nothing is expected.
func nowhere() v1alpha1.Sink { return to("erp", "http://127.0.0.1:1/") }

// apiKey is a header whose value is in the Secret "erp-api", under the key "key".
func apiKey(header string) v1alpha1.Header {
	return v1alpha1.Header{Name: header, ValueFrom: &v1alpha1.SecretSource{
		SecretKeyRef: v1alpha1.SecretKeyReference{Name: "erp-api", Key: "key"},
	}}
}

// receiverObjects are the objects that a resource of this name leads to, by their names only.
func receiverObjects(namespace, webhook string) []client.Object {
	at := meta.ObjectMeta{Namespace: namespace, Name: webhook + "-receiver"}
	return []client.Object{
		&core.ServiceAccount{ObjectMeta: at},
		&core.ConfigMap{ObjectMeta: at},
		&core.Service{ObjectMeta: at},
		&policy.PodDisruptionBudget{ObjectMeta: at},
		&apps.Deployment{ObjectMeta: at},
	}
}

// readObjects reads those; the test ends if there are not all of them.
func readObjects(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) []client.Object {
	t.Helper()
	objects := receiverObjects(webhook.Namespace, webhook.Name)
	for _, o := range objects {
		if !find(t, o) {
			t.Fatalf("there is no %s", kindOf(t, o))
		}
	}
	return objects
}

// awaitStatus waits until a resource is as wanted, and reads it.
func awaitStatus(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, what string, wanted func(v1alpha1.SuperOfficeWebhookStatus) bool) {
	t.Helper()
	await(t, what, func(ctx context.Context) (any, bool) {
		if err := stage.client.Get(ctx, client.ObjectKeyFromObject(webhook), webhook); err != nil {
			return err, false
		}
		return webhook.Status, wanted(webhook.Status)
	})
}

// awaitCondition waits for a condition about the current spec.
func awaitCondition(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, kind string, status meta.ConditionStatus, reason string) {
	t.Helper()
	awaitStatus(t, webhook, fmt.Sprintf("%s=%s, %s", kind, status, reason), func(v1alpha1.SuperOfficeWebhookStatus) bool {
		c := condition(webhook, kind)
		return c.Status == status && c.Reason == reason && c.ObservedGeneration == webhook.Generation
	})
}

func awaitReady(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) {
	t.Helper()
	awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionTrue, v1alpha1.ReasonAccepting)
}

// condition is an empty one if there is none.
func condition(webhook *v1alpha1.SuperOfficeWebhook, kind string) meta.Condition {
	return ptr.Deref(apimeta.FindStatusCondition(webhook.Status.Conditions, kind), meta.Condition{})
}

func kindOf(t *testing.T, object client.Object) string {
	t.Helper()
	kind, err := stage.client.GroupVersionKindFor(object)
	if err != nil {
		t.Fatal(err)
	}
	return kind.Kind
}
