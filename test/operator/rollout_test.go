// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// unknownImage is one that the node does not have.
const unknownImage = "ghcr.io/superoffice-webhook/no-such-image:v1"

func TestFirstReceiversThatCannotStart(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Receiver.Image = unknownImage
	create(t, webhook)

	awaitStatus(t, webhook, "the reason", func(v1alpha1.SuperOfficeWebhookStatus) bool {
		return strings.Contains(condition(webhook, v1alpha1.ConditionReady).Message, "ErrImagePull")
	})
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionReceiverAvailable} {
		c := condition(webhook, kind)
		if c.Status != meta.ConditionFalse || c.Reason != v1alpha1.ReasonReceiversStarting {
			t.Errorf("%s is\n%s", kind, printed(c))
		}
		wantContains(t, c.Message, "0 of 1 receivers are ready", "pod crm-receiver-")
	}
	wantKstatus(t, webhook, status.InProgressStatus)

	// Kubernetes gives up after ten minutes, or as soon as somebody says. The operator leaves that field to others.
	change(t, objectOf(t, webhook, "Deployment"), impatient)
	awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonReceiverUnavailable)
	wantContains(t, condition(webhook, v1alpha1.ConditionReady).Message, "ErrImagePull")
	wantKstatus(t, webhook, status.InProgressStatus)
	wantEvents(t, webhook, map[string]int{})

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Image = "" })
	awaitReady(t, webhook)
}

func impatient(o client.Object) { o.(*apps.Deployment).Spec.ProgressDeadlineSeconds = ptr.To[int32](1) }

func TestNewReceiversThatCannotStart(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	create(t, webhook)
	awaitReady(t, webhook)
	pod := theReceiver(t, webhook)

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Image = unknownImage })
	awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionUnknown, v1alpha1.ReasonRolloutInProgress)
	awaitStatus(t, webhook, "the reason", func(v1alpha1.SuperOfficeWebhookStatus) bool {
		c := condition(webhook, v1alpha1.ConditionReady)
		return c.Reason == v1alpha1.ReasonRolloutInProgress && strings.Contains(c.Message, "ErrImagePull")
	})
	awaitCondition(t, webhook, v1alpha1.ConditionReceiverAvailable, meta.ConditionTrue, v1alpha1.ReasonReceiversReady)
	wantKstatus(t, webhook, status.InProgressStatus)
	change(t, objectOf(t, webhook, "Deployment"), impatient)
	awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonProgressDeadlineExceeded)
	wantContains(t, condition(webhook, v1alpha1.ConditionReady).Message, "the rollout takes too long", "ErrImagePull")
	if c := condition(webhook, v1alpha1.ConditionStalled); c.Type != "" {
		t.Errorf("it is still being tried, and yet\n%s", printed(c))
	}
	erp.awaitArrival(t, postAll(t, intakeOf(t, pod), shared, 1))

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Image = "" })
	awaitReady(t, webhook)
	stayed := lives(receiversOf(t, webhook))
	if difference := cmp.Diff(lives([]core.Pod{pod}), stayed); difference != "" {
		t.Errorf("receivers (-before +after):\n%s", difference)
	}
}
