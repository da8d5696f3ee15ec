// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"testing"

	apps "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// TestSomebodyElseScales has somebody set the number of receivers, as KEDA does, while the resource is applied again and
// again, and autoscaling is switched on and off. Pods never are fewer than either side wants.
func TestSomebodyElseScales(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Receiver.Replicas = ptr.To[int32](2)
	create(t, webhook)
	awaitReady(t, webhook)
	numbers := record[*apps.Deployment](t, ns, &apps.DeploymentList{})
	deployment := objectOf(t, webhook, "Deployment").(*apps.Deployment)
	external := &v1alpha1.Autoscaling{External: &v1alpha1.ExternalAutoscaling{}}

	// The operator gives the number up before anybody else has set it.
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Receiver.Replicas, w.Spec.Receiver.Autoscaling = nil, external
	})
	awaitYielded(t, webhook)
	awaitReady(t, webhook)
	scale(t, deployment, 3)
	awaitReceivers(t, webhook, 3)

	// Everything is applied again: other pods, then nothing but another configuration, then what somebody has meddled with.
	for _, edit := range []func(*v1alpha1.SuperOfficeWebhook){
		func(w *v1alpha1.SuperOfficeWebhook) {
			w.Spec.Receiver.PodTemplate = template(`{"metadata":{"labels":{"team":"sales"}}}`)
		},
		func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.IgnoreAssociates = []int64{37} },
	} {
		change(t, webhook, edit)
		awaitReady(t, webhook)
	}
	change(t, deployment, func(d *apps.Deployment) { d.Spec.Template.Spec.ServiceAccountName = "default" })
	await(t, "the edit to be reverted", func(context.Context) (any, bool) {
		return deployment, find(t, deployment) && deployment.Spec.Template.Spec.ServiceAccountName == "crm-receiver"
	})
	awaitReceivers(t, webhook, 3)

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Receiver.Replicas, w.Spec.Receiver.Autoscaling = ptr.To[int32](3), nil
	})
	awaitReady(t, webhook)
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Autoscaling = external })
	awaitYielded(t, webhook)
	awaitReady(t, webhook)
	awaitReceivers(t, webhook, 3)

	find(t, deployment)
	scaled := false
	for _, d := range numbers.all(t, deployment) {
		scaled = scaled || *d.Spec.Replicas == 3
		if n := *d.Spec.Replicas; n < 2 || scaled && n != 3 {
			t.Errorf("at some time there were to be %d receivers", n)
		}
	}
}

// TestHorizontalPodAutoscaler leaves the number to the cluster's own controller. Without metrics, which are not there, it
// still keeps to the least and the greatest number.
func TestHorizontalPodAutoscaler(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Receiver.Replicas = nil
	webhook.Spec.Receiver.Autoscaling = &v1alpha1.Autoscaling{MinReplicas: ptr.To[int32](1), MaxReplicas: 2}
	create(t, webhook)
	awaitReady(t, webhook)
	awaitReceivers(t, webhook, 1)
	scaler := &autoscaling.HorizontalPodAutoscaler{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "crm-receiver"}}
	if !find(t, scaler) || !meta.IsControlledBy(scaler, webhook) || scaler.Spec.Metrics[0].ContainerResource.Container != "receiver" {
		t.Fatalf("the autoscaler is %s", printed(scaler))
	}

	numbers := record[*apps.Deployment](t, ns, &apps.DeploymentList{})
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Autoscaling.MinReplicas = nil })
	awaitReceivers(t, webhook, 2) // the default, brought about by the autoscaler
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.IgnoreAssociates = []int64{37} })
	awaitReady(t, webhook)
	awaitRounds(t, webhook, 2)
	awaitReceivers(t, webhook, 2)

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Receiver.Autoscaling, w.Spec.Receiver.Replicas = nil, ptr.To[int32](2)
	})
	awaitGone(t, scaler)
	awaitReady(t, webhook)
	deployment := objectOf(t, webhook, "Deployment").(*apps.Deployment)
	grown := false
	for _, d := range numbers.all(t, deployment) {
		grown = grown || *d.Spec.Replicas == 2
		if grown && *d.Spec.Replicas != 2 {
			t.Errorf("at some time there were to be %d receivers", *d.Spec.Replicas)
		}
	}
}

// TestInvalidMetrics names what is wrong with the metrics of an autoscaler.
func TestInvalidMetrics(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Receiver.Replicas = nil
	metric := v1alpha1.MetricSpec{RawExtension: *template(`{"type":"Pods","pod":{}}`)}
	webhook.Spec.Receiver.Autoscaling = &v1alpha1.Autoscaling{MinReplicas: ptr.To[int32](1), MaxReplicas: 2, Metrics: []v1alpha1.MetricSpec{metric}}
	create(t, webhook)
	awaitCondition(t, webhook, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonInvalid)
	wantContains(t, condition(webhook, v1alpha1.ConditionReady).Message, `spec.receiver.autoscaling.metrics[0]: unknown field "pod"`)

	// What only the API server knows is told as well.
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Receiver.Autoscaling.Metrics[0].RawExtension = *template(`{"type":"Pods"}`)
	})
	awaitStatus(t, webhook, "the reason", func(v1alpha1.SuperOfficeWebhookStatus) bool {
		c := condition(webhook, v1alpha1.ConditionStalled)
		return c.ObservedGeneration == webhook.Generation && c.Reason == v1alpha1.ReasonInvalid
	})
	wantContains(t, condition(webhook, v1alpha1.ConditionReady).Message, "HorizontalPodAutoscaler", "spec.metrics[0].pods")
}

// scale sets the number as an autoscaler does.
func scale(t *testing.T, deployment *apps.Deployment, n int32) {
	t.Helper()
	wanted := &autoscalingv1.Scale{ObjectMeta: meta.ObjectMeta{Namespace: deployment.Namespace, Name: deployment.Name}, Spec: autoscalingv1.ScaleSpec{Replicas: n}}
	_, err := stage.clients.AppsV1().Deployments(deployment.Namespace).UpdateScale(t.Context(), deployment.Name, wanted, meta.UpdateOptions{FieldManager: "keda"})
	if err != nil {
		t.Fatalf("scale: %v", err)
	}
}

// awaitReceivers waits for so many that are ready, and wanted.
func awaitReceivers(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, n int32) {
	t.Helper()
	await(t, fmt.Sprintf("%d receivers", n), func(context.Context) (any, bool) {
		d := objectOf(t, webhook, "Deployment").(*apps.Deployment)
		s := d.Status
		return d.Status, s.ObservedGeneration == d.Generation && *d.Spec.Replicas == n && s.Replicas == n && s.AvailableReplicas == n
	})
}

// awaitYielded waits until the operator does not own the number of receivers any more.
func awaitYielded(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) {
	t.Helper()
	await(t, "the operator to give the number up", func(context.Context) (any, bool) {
		d := objectOf(t, webhook, "Deployment")
		for _, m := range d.GetManagedFields() {
			if m.Manager == "superoffice-webhook-operator-replicas" {
				return nil, true
			}
		}
		return d.GetManagedFields(), false
	})
}
