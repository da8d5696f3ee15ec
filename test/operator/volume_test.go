// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestQueueOnAVolumeOutlivesItsPod deletes a pod that has accepted events and could not deliver one. The next pod has
// them, and delivers them in the order in which they came, before those that it accepts itself.
func TestQueueOnAVolumeOutlivesItsPod(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	var up atomic.Bool
	var mu sync.Mutex
	var took []string
	erp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !up.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		event, _ := superoffice.Parse(body) // what is no event has no id
		mu.Lock()
		defer mu.Unlock()
		took = append(took, event.ID)
	}))
	t.Cleanup(erp.Close)

	sink := to("erp", erp.URL)
	sink.Delivery.Order = v1alpha1.OrderPerRecord
	webhook := newWebhook(ns, sink)
	webhook.Spec.Receiver.Replicas = nil
	webhook.Spec.Queue.Embedded = &v1alpha1.EmbeddedQueue{PersistentVolumeClaim: &v1alpha1.PersistentVolumeClaim{StorageClassName: ptr.To("fast")}}
	create(t, webhook)
	awaitReady(t, webhook)
	claim := &core.PersistentVolumeClaim{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "crm-receiver"}}
	if !find(t, claim) || claim.Status.Phase != core.ClaimBound || !meta.IsControlledBy(claim, webhook) {
		t.Fatalf("the claim is %s", printed(claim))
	}

	first := theReceiver(t, webhook)
	ids := postAll(t, intakeOf(t, first), shared, 10)
	remove(t, &first)
	await(t, "another pod to be ready", func(context.Context) (any, bool) {
		pods := receiversOf(t, webhook)
		return pods, len(pods) == 1 && pods[0].UID != first.UID && observe.IsReady(&pods[0])
	})
	ids = append(ids, postAll(t, intakeOf(t, theReceiver(t, webhook)), shared, 3)...)
	up.Store(true)
	await(t, "the arrival of all events", func(context.Context) (any, bool) {
		mu.Lock()
		defer mu.Unlock()
		return took, len(took) >= len(ids)
	})
	mu.Lock()
	if !slices.Equal(took, ids) {
		t.Errorf("the sink took %q, want %q", took, ids)
	}
	mu.Unlock()

	remove(t, webhook)
	awaitGone(t, claim)
}
