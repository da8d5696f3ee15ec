// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"errors"
	"testing"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// generation of the resource in these tests.
const generation = 3

// resource is one with the sink "erp", changed.
func resource(changes ...func(w *v1alpha1.SuperOfficeWebhook)) *v1alpha1.SuperOfficeWebhook {
	w := &v1alpha1.SuperOfficeWebhook{
		TypeMeta:   meta.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "SuperOfficeWebhook"},
		ObjectMeta: meta.ObjectMeta{Namespace: "sales", Name: "crm", UID: "crm-uid", Generation: generation},
		Spec: v1alpha1.SuperOfficeWebhookSpec{
			Secret: v1alpha1.WebhookSecret{Name: "crm-webhook", Key: "secret", PreviousKey: "previous"},
			Sinks:  []v1alpha1.Sink{{Name: "erp", HTTP: &v1alpha1.HTTPSink{URL: "https://erp.example.com"}}},
		},
	}
	for _, change := range changes {
		change(w)
	}
	return w
}

func onTLS(w *v1alpha1.SuperOfficeWebhook) {
	w.Spec.Exposure.TLS = &v1alpha1.ExposureTLS{SecretName: "crm-tls"}
}

func inJetStream(w *v1alpha1.SuperOfficeWebhook) {
	credentials := &v1alpha1.SecretSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "nats", Key: "user.creds"}}
	w.Spec.Queue.JetStream = &v1alpha1.JetStreamQueue{URLs: []v1alpha1.NATSURL{"nats://nats:4222"}, Credentials: credentials}
}

func suspended(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = true }

// readyAt makes a resource one that was found Ready at some generation.
func readyAt(generation int64) func(w *v1alpha1.SuperOfficeWebhook) {
	return func(w *v1alpha1.SuperOfficeWebhook) {
		w.Status.Conditions = []meta.Condition{{
			Type: v1alpha1.ConditionReady, Status: meta.ConditionTrue, Reason: v1alpha1.ReasonAccepting, ObservedGeneration: generation, LastTransitionTime: meta.Now().Rfc3339Copy(),
		}}
	}
}

// good is what is found where two receivers work as they should, changed.
func good(changes ...func(f *findings)) findings {
	f := findings{secrets: &secrets{}, receivers: &receivers{
		rollout: observe.Rollout{Exists: true, Replicas: 2, Current: 2, Ready: 2},
		answers: []observe.Answer{delivers("a"), delivers("b")},
		configs: observe.Configs{Asked: 2, InForce: 2},
	}}
	for _, change := range changes {
		change(&f)
	}
	return f
}

// unseen is what is found where the receivers were not looked at.
func unseen(changes ...func(f *findings)) findings {
	f := findings{secrets: &secrets{}}
	for _, change := range changes {
		change(&f)
	}
	return f
}

func delivers(pod string) observe.Answer { return tells(pod, status.Delivering, "") }

func tells(pod, state, lastError string) observe.Answer {
	return observe.Answer{
		Receiver: observe.Receiver{Pod: pod, Ready: true},
		Status:   &status.Status{Sinks: []status.Sink{{Name: "erp", State: state, LastError: lastError}}},
	}
}

func silent(pod string) observe.Answer {
	return observe.Answer{Receiver: observe.Receiver{Pod: pod, Ready: true}, Err: errors.New("connection refused")}
}

// asUnstructured is a resource as kstatus reads it.
func asUnstructured(t *testing.T, w *v1alpha1.SuperOfficeWebhook) *unstructured.Unstructured {
	t.Helper()
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(w)
	if err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: object}
}

// server is a client of an API server that holds these objects and does nothing with them.
func server(t *testing.T, objects ...client.Object) *fake.ClientBuilder {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, gateway.Install} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(&v1alpha1.SuperOfficeWebhook{})
}
