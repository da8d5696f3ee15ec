// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

func TestReconcileOnRequest(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	create(t, webhook)
	awaitReady(t, webhook)
	if webhook.Status.LastHandledReconcileAt != "" {
		t.Errorf("nobody has asked for a round, and the status says %q", webhook.Status.LastHandledReconcileAt)
	}
	before := map[string]string{}
	for _, o := range readObjects(t, webhook) {
		before[kindOf(t, o)] = o.GetResourceVersion()
	}
	for _, wish := range []string{"2026-11-26T12:00:00Z", "again"} {
		kubectl(t, "annotate", "--overwrite", "superofficewebhook/crm", "--namespace="+ns, v1alpha1.AnnotationRequestedAt+"="+wish)
		awaitStatus(t, webhook, "the request to be answered", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
			return s.LastHandledReconcileAt == wish
		})
	}
	for _, o := range readObjects(t, webhook) {
		if kind := kindOf(t, o); kind != "Deployment" && kind != "PodDisruptionBudget" { // their status is others'
			if difference := cmp.Diff(before[kind], o.GetResourceVersion()); difference != "" {
				t.Errorf("%s was changed though it is what is wanted (-before +after):\n%s", kind, difference)
			}
		}
	}
}

// TestFiguresAreWrittenOncePerInterval keeps a resource busy and looks when the operator wrote its status.
func TestFiguresAreWrittenOncePerInterval(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	create(t, webhook)
	awaitReady(t, webhook)
	intake := intakeOf(t, theReceiver(t, webhook))
	key := client.ObjectKeyFromObject(webhook)
	mere := func() (pairs [][2]write) {
		writes := stage.operator.rounds.writesOf(key)
		for i := 1; i < len(writes); i++ {
			if cmp.Equal(butFigures(writes[i-1].status), butFigures(writes[i].status)) {
				pairs = append(pairs, [2]write{writes[i-1], writes[i]})
			}
		}
		return pairs
	}
	await(t, "some writes of figures", func(context.Context) (any, bool) {
		postAll(t, intake, shared, 1)
		pairs := mere()
		return len(pairs), len(pairs) >= 3
	})
	for _, pair := range mere() {
		if pause := pair[1].began.Sub(pair[0].ended); pause < observeInterval {
			t.Errorf("mere figures were written %s after the write before", pause)
		}
	}
}

func butFigures(s v1alpha1.SuperOfficeWebhookStatus) v1alpha1.SuperOfficeWebhookStatus {
	s.Delivery, s.Sinks = nil, nil
	return s
}
