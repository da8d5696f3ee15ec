// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// TestNothingIsWrittenWhileNothingChanges runs alone: it restarts the operator.
func TestNothingIsWrittenWhileNothingChanges(t *testing.T) {
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	webhook.Spec.Receiver.Replicas = ptr.To[int32](2)
	create(t, webhook)
	awaitReady(t, webhook)
	for _, pod := range receiversOf(t, webhook) {
		postAll(t, intakeOf(t, pod), shared, 2)
	}
	awaitSteady(t, webhook)
	before := revisions(t, webhook)

	t.Run("in further rounds", func(t *testing.T) {
		awaitRounds(t, webhook, 5)
		if difference := cmp.Diff(before, revisions(t, webhook)); difference != "" {
			t.Errorf("resourceVersions (-before +after):\n%s", difference)
		}
	})
	t.Run("by an operator that was started anew", func(t *testing.T) {
		withoutOperator(t, func() {})
		awaitRounds(t, webhook, 3)
		if difference := cmp.Diff(before, revisions(t, webhook)); difference != "" {
			t.Errorf("resourceVersions (-before +after):\n%s", difference)
		}
	})
}

// awaitSteady waits until all is delivered and told, and others than the operator have written what they write at a start.
func awaitSteady(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) {
	t.Helper()
	awaitStatus(t, webhook, "all to be delivered", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
		return s.Delivery != nil && s.Delivery.LastReceivedTime != nil && s.Delivery.Pending == 0 &&
			len(s.Sinks) == 1 && s.Sinks[0].LastDeliveryTime != nil
	})
	budget := &policy.PodDisruptionBudget{ObjectMeta: meta.ObjectMeta{Namespace: webhook.Namespace, Name: "crm-receiver"}}
	await(t, "the budget to know the receivers", func(context.Context) (any, bool) {
		return budget.Status, find(t, budget) && budget.Status.CurrentHealthy == *webhook.Spec.Receiver.Replicas
	})
	awaitRounds(t, webhook, 2) // what was delivered last may have been told in part
}

// revisions tell whether anything of a resource, its objects or the Events about it was written.
func revisions(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) map[string]string {
	t.Helper()
	if !find(t, webhook) {
		t.Fatal("the resource is gone")
	}
	versions := map[string]string{"the resource itself": webhook.ResourceVersion}
	for _, o := range readObjects(t, webhook) {
		versions[kindOf(t, o)] = o.GetResourceVersion()
	}
	for _, e := range eventsOf(t, webhook) {
		versions["Event "+e.Name] = e.ResourceVersion
	}
	return versions
}
