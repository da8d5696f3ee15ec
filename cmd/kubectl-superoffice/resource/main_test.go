// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// crm is the resource that most tests are about.
var crm = client.ObjectKey{Namespace: "sales", Name: "crm"}

// clusterOf makes a cluster of these objects.
func clusterOf(objects ...client.Object) client.WithWatch {
	return fake.NewClientBuilder().WithScheme(newScheme()).WithObjects(objects...).Build()
}

// failing makes a cluster whose every answer is an error.
func failing(err error) client.Client {
	return interceptor.NewClient(fake.NewClientBuilder().WithScheme(newScheme()).Build(), interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return err
		},
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return err
		},
	})
}

// reversed lists pods from the last to the first: an API server promises no order, and the fake one sorts.
func reversed(cluster client.WithWatch) client.Client {
	return interceptor.NewClient(cluster, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			err := c.List(ctx, list, options...)
			if pods, ok := list.(*corev1.PodList); ok {
				slices.Reverse(pods.Items)
			}
			return err
		},
	})
}

func webhook(change ...func(*v1alpha1.SuperOfficeWebhook)) *v1alpha1.SuperOfficeWebhook {
	w := &v1alpha1.SuperOfficeWebhook{ObjectMeta: metav1.ObjectMeta{Namespace: crm.Namespace, Name: crm.Name}}
	w.Spec.Secret.Name = "crm-webhook"
	for _, f := range change {
		f(w)
	}
	return w
}

func pooled(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Pool = "edge" }

// pod is a ready receiver pod, as the operator makes it, with what a kubelet adds.
func pod(t *testing.T, name string, change ...func(*corev1.Pod)) *corev1.Pod {
	t.Helper()
	objects, err := render.Webhook(webhook(func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Events = []v1alpha1.EventName{"activity.created"}
		w.Spec.Sinks = []v1alpha1.Sink{{Name: "erp", HTTP: &v1alpha1.HTTPSink{URL: "https://erp.example.com/"}}}
	}), render.Options{Image: "receiver"}, nil, render.Live{})
	if err != nil {
		t.Fatal(err)
	}
	template, err := json.Marshal(objects.Deployment.Spec.Template)
	if err != nil {
		t.Fatal(err)
	}
	var p corev1.Pod
	if err := json.Unmarshal(template, &p); err != nil {
		t.Fatal(err)
	}
	p.Namespace, p.Name = crm.Namespace, name
	p.Status.Phase = corev1.PodRunning
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	for _, f := range change {
		f(&p)
	}
	return &p
}
