// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"net/http"
	"strings"
	"testing"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestStatusTellsHowEventsFare(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp, bi := newSink(t), newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL), to("bi", bi.URL))
	webhook.Spec.Receiver.Replicas = ptr.To[int32](2)
	create(t, webhook)
	awaitReady(t, webhook)
	pods := receiversOf(t, webhook)
	intakes := []string{intakeOf(t, pods[0]), intakeOf(t, pods[1])}
	both := func(s v1alpha1.SuperOfficeWebhookStatus) bool { return s.Delivery != nil && len(s.Sinks) == 2 }

	t.Run("when they are delivered", func(t *testing.T) {
		for _, intake := range intakes {
			postAll(t, intake, shared, 2)
		}
		awaitStatus(t, webhook, "both sinks to have all", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
			return both(s) && s.Delivery.Pending == 0 && s.Delivery.LastReceivedTime != nil && s.Delivery.LastRejection == nil &&
				s.Sinks[0].LastDeliveryTime != nil && s.Sinks[1].LastDeliveryTime != nil &&
				s.Sinks[0].State == v1alpha1.SinkDelivering
		})
	})
	t.Run("when one is forged", func(t *testing.T) {
		_, body := newEvent(t, superoffice.ActivityCreated)
		postBody(t, intakes[0], "guessed", body, http.StatusUnauthorized)
		awaitStatus(t, webhook, "the rejection", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
			return s.Delivery.LastRejection != nil && s.Delivery.LastRejection.Reason == "SignatureMismatch" &&
				!s.Delivery.LastRejection.Time.IsZero()
		})
	})
	t.Run("when a sink fails and recovers", func(t *testing.T) {
		erp.answer(http.StatusServiceUnavailable)
		ids := append(postAll(t, intakes[0], shared, 1), postAll(t, intakes[1], shared, 2)...)
		awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionFalse, v1alpha1.ReasonSinkFailing)
		if c := condition(webhook, v1alpha1.ConditionDelivering); !strings.Contains(c.Message, `sink "erp": the sink answered 503`) {
			t.Errorf("message %q", c.Message)
		}
		awaitStatus(t, webhook, "three events of both receivers to wait for one sink", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
			return s.Delivery.Pending == 3 && s.Delivery.OldestPendingTime != nil &&
				s.Sinks[0].State == v1alpha1.SinkFailing && s.Sinks[0].Pending == 3 && s.Sinks[0].LastError != "" &&
				s.Sinks[1].State == v1alpha1.SinkDelivering && s.Sinks[1].Pending == 0
		})
		if c := condition(webhook, v1alpha1.ConditionReady); c.Status != meta.ConditionTrue {
			t.Errorf("nothing is lost, and yet it says\n%s", printed(c))
		}
		erp.answer(http.StatusNoContent)
		erp.awaitArrival(t, ids)
		awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionTrue, v1alpha1.ReasonDelivering)
		awaitStatus(t, webhook, "nothing to wait", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
			return s.Delivery.Pending == 0 && s.Delivery.OldestPendingTime == nil && s.Sinks[0].LastError == ""
		})
	})
	t.Run("when they become dead letters", func(t *testing.T) {
		erp.answer(http.StatusUnprocessableEntity)
		postAll(t, intakes[0], shared, 1)
		postBody(t, intakes[1], shared, []byte("authentic rubbish"), http.StatusOK)
		awaitStatus(t, webhook, "two dead letters, one of them the sink's", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
			return s.Delivery.DeadLettered == 2 && s.Sinks[0].DeadLettered == 1 && s.Sinks[1].DeadLettered == 0
		})
		if c := condition(webhook, v1alpha1.ConditionDelivering); c.Status != meta.ConditionTrue {
			t.Errorf("a refused event says nothing about the sink, and yet\n%s", printed(c))
		}
	})
}
