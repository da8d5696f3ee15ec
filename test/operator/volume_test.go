// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	core "k8s.io/api/core/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

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

// TestVolumeThatMayNotGrow asks for a larger queue on a StorageClass that cannot be expanded, and has that changed. All else
// goes on meanwhile, and the queue's limit grows only when its volume has.
func TestVolumeThatMayNotGrow(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	class := &storage.StorageClass{ObjectMeta: meta.ObjectMeta{Name: ns}, Provisioner: "example.com/disks"}
	create(t, class)
	t.Cleanup(func() { cleanUp(t, class) })
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Receiver.Replicas = nil
	webhook.Spec.Queue.Embedded = &v1alpha1.EmbeddedQueue{
		Storage: v1alpha1.Storage{Size: resource.MustParse("1Gi")}, PersistentVolumeClaim: &v1alpha1.PersistentVolumeClaim{StorageClassName: &class.Name},
	}
	create(t, webhook)
	awaitReady(t, webhook)

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Queue.Embedded.Storage.Size = resource.MustParse("2Gi")
		w.Spec.Receiver.PodTemplate = template(`{"metadata":{"annotations":{"example.com/changed":"too"}}}`)
	})
	awaitCondition(t, webhook, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonInvalid)
	wantContains(t, condition(webhook, v1alpha1.ConditionStalled).Message,
		`PersistentVolumeClaim "crm-receiver" is refused`, "only dynamically provisioned pvc can be resized", "set spec.queue.embedded back")
	wantKstatus(t, webhook, status.FailedStatus)
	await(t, "the rest of the change to be applied", func(context.Context) (any, bool) {
		pods := receiversOf(t, webhook)
		return pods, len(pods) == 1 && pods[0].Annotations["example.com/changed"] == "too" && observe.IsReady(&pods[0])
	})
	awaitCondition(t, webhook, v1alpha1.ConditionReceiverAvailable, meta.ConditionTrue, v1alpha1.ReasonReceiversReady)
	wantLimit(t, webhook, 1<<30)

	change(t, class, func(c *storage.StorageClass) { c.AllowVolumeExpansion = ptr.To(true) })
	awaitReady(t, webhook)
	wantContains(t, condition(webhook, v1alpha1.ConditionReady).Message, "the queue takes more once its volume has grown")
	wantLimit(t, webhook, 1<<30)

	claim := &core.PersistentVolumeClaim{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "crm-receiver"}}
	reports(t, claim, func(c *core.PersistentVolumeClaim) {
		c.Status.Capacity = core.ResourceList{core.ResourceStorage: resource.MustParse("6Gi")}
	})
	awaitStatus(t, webhook, "the queue to take more", func(v1alpha1.SuperOfficeWebhookStatus) bool {
		ready := condition(webhook, v1alpha1.ConditionReady)
		return ready.Status == meta.ConditionTrue && !strings.Contains(ready.Message, "volume")
	})
	wantLimit(t, webhook, 2<<30)
}

// wantLimit looks how many bytes of events the configuration lets the queue take.
func wantLimit(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, bytes int64) {
	t.Helper()
	wantContains(t, objectOf(t, webhook, "ConfigMap").(*core.ConfigMap).Data["receiver.yaml"], fmt.Sprintf("maxBytes: %d\n", bytes))
}
