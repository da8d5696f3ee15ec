// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
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

func TestResourceThatIsSuspendedFromTheStart(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Suspend = true
	create(t, webhook)
	awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonSuspended)
	awaitRounds(t, webhook, 2)
	wantNothingElse(t, webhook, "ConfigMap")
	if pods := receiversOf(t, webhook); len(pods) != 0 {
		t.Errorf("there are receivers:\n%s", printed(pods))
	}

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = false })
	awaitReady(t, webhook)
}
