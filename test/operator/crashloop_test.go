// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// TestWhyAReceiverCrashesIsTold has a receiver end at its start, again and again, by a value that it can't use.
func TestWhyAReceiverCrashesIsTold(t *testing.T) {
	t.Parallel()
	const broken = "marker-broken-Vn31"
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	api := newSecret(ns, "erp-api", map[string]string{"key": broken + "\x01"})
	create(t, api)
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL, apiKey("X-Key")))
	create(t, webhook)
	awaitUnavailable(t, webhook, "0 of 1 receivers are ready; pod crm-receiver-", ": CrashLoopBackOff after: ",
		"sinks[0].http.headers[0].file: the file ", " holds a line break or another control character")
	for kind, text := range everythingIn(t, ns) {
		wantLacks(t, kind, text, encodings(broken)...)
	}

	change(t, api, func(s *core.Secret) { s.StringData = map[string]string{"key": "fine"} })
	awaitReady(t, webhook)
}

// TestWhyAQueueCannotBeOpenedIsTold has a receiver wait for servers that are not there.
func TestWhyAQueueCannotBeOpenedIsTold(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Queue.JetStream = &v1alpha1.JetStreamQueue{URLs: []v1alpha1.NATSURL{"nats://127.0.0.1:1"}}
	create(t, webhook)
	awaitUnavailable(t, webhook, "0 of 1 receivers are ready; receiver crm-receiver-", ": not connected to NATS at 127.0.0.1:1: no server could be reached")
	awaitCondition(t, webhook, v1alpha1.ConditionDelivering, meta.ConditionUnknown, v1alpha1.ReasonNoAnswer)
}

// awaitUnavailable waits until it is told why there are no receivers, by these parts of the message.
func awaitUnavailable(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, parts ...string) {
	t.Helper()
	awaitStatus(t, webhook, "ReceiverAvailable to say why", func(v1alpha1.SuperOfficeWebhookStatus) bool {
		c := condition(webhook, v1alpha1.ConditionReceiverAvailable)
		for _, part := range parts {
			if !strings.Contains(c.Message, part) {
				return false
			}
		}
		return c.Status == meta.ConditionFalse
	})
}
