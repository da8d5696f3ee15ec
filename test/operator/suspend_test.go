// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
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
