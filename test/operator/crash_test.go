// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/controllers/observe"
)

// TestCrashedReceiverLosesNothing kills a receiver that has accepted events and could not deliver one of them.
func TestCrashedReceiverLosesNothing(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp := newSink(t)
	erp.answer(http.StatusServiceUnavailable)
	webhook := newWebhook(ns, to("erp", erp.URL))
	create(t, webhook)
	awaitReady(t, webhook)
	pod := theReceiver(t, webhook)
	ids := postAll(t, intakeOf(t, pod), shared, 20)

	if err := stage.cluster.Kill(ns, pod.Name, "receiver"); err != nil {
		t.Fatalf("kill: %v", err)
	}
	erp.answer(http.StatusNoContent)
	erp.awaitArrival(t, ids)
	await(t, "the same pod to be ready again", func(context.Context) (any, bool) {
		pods := receiversOf(t, webhook)
		return pods, len(pods) == 1 && observe.IsReady(&pods[0])
	})
	want := lives([]core.Pod{pod})
	want[pod.UID]++
	if difference := cmp.Diff(want, lives(receiversOf(t, webhook))); difference != "" {
		t.Errorf("receivers (-want +got):\n%s", difference)
	}
	awaitReady(t, webhook)
	postAll(t, intakeOf(t, pod), shared, 1)
}
