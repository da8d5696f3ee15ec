// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
)

func TestSuspendedResourceKeepsEventsUntilItIsResumed(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	create(t, webhook)
	awaitReady(t, webhook)
	pods := receiversOf(t, webhook)

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = true })
	awaitReady(t, webhook)
	wantContains(t, condition(webhook, v1alpha1.ConditionReady).Message, "delivery is suspended")
	wantKstatus(t, webhook, status.CurrentStatus)
	ids := postAll(t, intakeOf(t, pods[0]), shared, 3)
	awaitStatus(t, webhook, "three events to wait", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
		return s.Delivery.Pending == 3 && s.Sinks[0].State == v1alpha1.SinkSuspended && s.Sinks[0].Pending == 3
	})
	c := condition(webhook, v1alpha1.ConditionDelivering)
	if c.Status != meta.ConditionFalse || c.Reason != v1alpha1.ReasonSuspended {
		t.Errorf("Delivering is\n%s", printed(c))
	}
	if got := erp.count(); got != 0 {
		t.Errorf("%d events were delivered", got)
	}

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = false })
	erp.awaitArrival(t, ids)
	awaitReady(t, webhook)
	awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionTrue, v1alpha1.ReasonDelivering)
	if difference := cmp.Diff(lives(pods), lives(receiversOf(t, webhook))); difference != "" {
		t.Errorf("receivers (-before +after):\n%s", difference)
	}
}

// TestResourceThatIsSuspendedFromTheStart has receivers that keep what comes, as any suspended resource has.
func TestResourceThatIsSuspendedFromTheStart(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	webhook.Spec.Suspend = true
	create(t, webhook)
	awaitReady(t, webhook)
	wantKstatus(t, webhook, status.CurrentStatus)
	ids := postAll(t, intakeOf(t, theReceiver(t, webhook)), shared, 2)
	awaitStatus(t, webhook, "two events to wait", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
		return s.Delivery.Pending == 2 && s.Sinks[0].State == v1alpha1.SinkSuspended
	})

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = false })
	erp.awaitArrival(t, ids)
	awaitReady(t, webhook)
}

func TestSuspendedResourceIsNotChanged(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Suspend = true
	create(t, webhook)
	awaitReady(t, webhook)
	before := revisions(t, webhook)["Deployment"]

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Replicas = ptr.To[int32](2) })
	awaitReady(t, webhook)
	awaitRounds(t, webhook, 2)
	if after := revisions(t, webhook)["Deployment"]; after != before {
		t.Errorf("the Deployment was at revision %s and is at %s", before, after)
	}
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = false })
	await(t, "two receivers", func(context.Context) (any, bool) {
		pods := receiversOf(t, webhook)
		return pods, len(pods) == 2
	})
}

// TestSuspensionThatComesWithAnotherChange is taken over alone: the change needs pods that are not replaced meanwhile.
func TestSuspensionThatComesWithAnotherChange(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	create(t, newSecret(ns, "erp-api", map[string]string{"key": "k"}))
	erp, archive := newSink(t), newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	create(t, webhook)
	awaitReady(t, webhook)
	pods := receiversOf(t, webhook)

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Suspend = true
		w.Spec.Sinks = append(w.Spec.Sinks, to("archive", archive.URL, apiKey("X-Key")))
	})
	awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionFalse, v1alpha1.ReasonSuspended)
	awaitReady(t, webhook)
	postAll(t, intakeOf(t, pods[0]), shared, 3)
	awaitStatus(t, webhook, "three events to wait", func(s v1alpha1.SuperOfficeWebhookStatus) bool { return s.Delivery.Pending == 3 })
	if got := erp.count(); got != 0 {
		t.Errorf("%d events were delivered", got)
	}
	if difference := cmp.Diff(lives(pods), lives(receiversOf(t, webhook))); difference != "" {
		t.Errorf("receivers (-before +after):\n%s", difference)
	}

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = false })
	awaitReady(t, webhook)
	await(t, "another receiver", func(context.Context) (any, bool) {
		now := receiversOf(t, webhook)
		return now, len(now) == 1 && now[0].UID != pods[0].UID
	})
	ids := postAll(t, intakeOf(t, theReceiver(t, webhook)), shared, 1)
	erp.awaitArrival(t, ids)
	archive.awaitArrival(t, ids)
}

// TestSuspendedMemberOfAPool goes on with what it had, in pods that are replaced for others, too.
func TestSuspendedMemberOfAPool(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "erp-api", map[string]string{"key": "k"}))
	erp := newSink(t)
	sales := createMember(t, ns, "sales", to("erp", erp.URL, apiKey("X-Key")))
	awaitReady(t, sales)
	before := receiversOf(t, sales)

	change(t, sales, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Suspend = true
		w.Spec.Sinks = []v1alpha1.Sink{to("erp", erp.URL)}
		w.Spec.Secret.Name = "missing"
	})
	awaitCondition(t, sales, v1alpha1.ConditionDelivering, meta.ConditionFalse, v1alpha1.ReasonSuspended)
	awaitReady(t, createMember(t, ns, "support", nowhere()))
	await(t, "other receivers", func(context.Context) (any, bool) {
		now := receiversOf(t, sales)
		return now, len(now) == 2 && !slices.ContainsFunc(now, func(p core.Pod) bool {
			return !observe.IsReady(&p) || slices.ContainsFunc(before, func(b core.Pod) bool { return b.UID == p.UID })
		})
	})
	kept := postToMember(t, sales, 1)
	awaitStatus(t, sales, "two events to wait", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
		return s.Delivery.Pending == 2 && s.Sinks[0].State == v1alpha1.SinkSuspended
	})

	change(t, sales, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend, w.Spec.Secret.Name = false, "sales" })
	erp.awaitArrival(t, kept)
	awaitReady(t, sales)
}

// TestExposureOfASuspendedResource stays as it is: receivers and the Ingress have to agree on the path.
func TestExposureOfASuspendedResource(t *testing.T) {
	t.Parallel()
	webhook := newExposed(t, v1alpha1.Exposure{Ingress: &v1alpha1.IngressExposure{Host: "hooks.example.com", TLSSecretName: "hooks-tls"}})
	awaitReady(t, webhook)
	ingress := &networking.Ingress{ObjectMeta: meta.ObjectMeta{Namespace: webhook.Namespace, Name: "crm-receiver"}}
	pod := theReceiver(t, webhook)
	wantWay := func(host, path string) {
		t.Helper()
		if url := webhook.Status.Address.URL; url != "https://"+host+path {
			t.Errorf("it is said to receive at %s", url)
		}
		if !find(t, ingress) || ingress.Spec.Rules[0].Host != host || ingress.Spec.Rules[0].HTTP.Paths[0].Path != path {
			t.Errorf("the Ingress is\n%s", printed(ingress))
		}
		postAll(t, strings.TrimSuffix(intakeOf(t, pod), "/webhook")+path, shared, 1)
	}
	wantWay("hooks.example.com", "/webhook")

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = true })
	awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionFalse, v1alpha1.ReasonSuspended)
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Exposure.Path = "/other"
		w.Spec.Exposure.Ingress.Host = "other.example.com"
	})
	awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionFalse, v1alpha1.ReasonSuspended)
	awaitReady(t, webhook)
	wantWay("hooks.example.com", "/webhook")

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = false })
	awaitReady(t, webhook)
	wantWay("other.example.com", "/other")
}

func TestSuspendedResourceWhoseNameIsTaken(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	stranger := &core.Service{
		ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "crm-receiver"},
		Spec:       core.ServiceSpec{Ports: []core.ServicePort{{Port: 80}}},
	}
	create(t, stranger)
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Suspend = true
	create(t, webhook)
	awaitCondition(t, webhook, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonNameTaken)
	awaitRounds(t, webhook, 2)
	awaitCondition(t, webhook, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonNameTaken)
	wantUntouched(t, stranger)
	remove(t, stranger)
	awaitReady(t, webhook)
}
