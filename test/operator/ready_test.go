// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

func TestResourceBecomesReady(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Receiver.Replicas = ptr.To[int32](2)
	create(t, webhook)

	kubectl(t, "wait", "--for=condition=Ready", "superofficewebhook/crm", "--namespace="+ns, "--timeout=120s")
	if !find(t, webhook) {
		t.Fatal("the resource is gone")
	}

	t.Run("with objects that it controls", func(t *testing.T) {
		want := []meta.OwnerReference{{
			APIVersion: "webhooks.superoffice.dev/v1alpha1", Kind: "SuperOfficeWebhook", Name: "crm", UID: webhook.UID,
			Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true),
		}}
		for _, o := range readObjects(t, webhook) {
			if difference := cmp.Diff(want, o.GetOwnerReferences()); difference != "" {
				t.Errorf("owner of %T (-want +got):\n%s", o, difference)
			}
		}
	})
	t.Run("with its address, its receivers and every condition in the status", func(t *testing.T) {
		s := webhook.Status
		if s.Address == nil || s.Address.URL != "http://crm-receiver."+ns+".svc/webhook" {
			t.Errorf("address %v", s.Address)
		}
		if s.Replicas != 2 || s.ReadyReplicas != 2 {
			t.Errorf("%d receivers, %d of them ready, want 2 and 2", s.Replicas, s.ReadyReplicas)
		}
		kinds := []string{
			v1alpha1.ConditionReady, v1alpha1.ConditionSecretResolved, v1alpha1.ConditionSecretInForce, v1alpha1.ConditionSinksResolved,
			v1alpha1.ConditionReceiverAvailable, v1alpha1.ConditionDelivering, v1alpha1.ConditionExposed,
		}
		for _, kind := range kinds {
			if c := condition(webhook, kind); c.Status != meta.ConditionTrue || c.ObservedGeneration != webhook.Generation {
				t.Errorf("condition %s:\n%s", kind, printed(c))
			}
		}
		if len(s.Conditions) != len(kinds) {
			t.Errorf("more conditions than these:\n%s", printed(s.Conditions))
		}
	})
	t.Run("with a line for kubectl get", func(t *testing.T) {
		got := strings.Fields(kubectl(t, "get", "sowh", "crm", "--namespace="+ns, "--no-headers"))
		if want := []string{"crm", "True", "Accepting", "2", "0", "0"}; !slices.Equal(got[:len(want)], want) {
			t.Errorf("got %q, want %q and times", got, want)
		}
		wide := kubectl(t, "get", "superoffice", "--namespace="+ns, "--output=wide")
		for _, want := range []string{
			"NAME", "READY", "REASON", "RECEIVERS", "PENDING", "DEAD", "RECEIVED", "AGE", "EXPOSED", "URL", "MESSAGE",
			"http://crm-receiver." + ns + ".svc/webhook", "2 of 2 receivers accept events",
		} {
			if !strings.Contains(wide, want) {
				t.Errorf("%q is missing in\n%s", want, wide)
			}
		}
	})
	t.Run("with a budget that lets one receiver go at a time", func(t *testing.T) {
		budget := &policy.PodDisruptionBudget{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "crm-receiver"}}
		await(t, "one disruption to be allowed", func(context.Context) (any, bool) {
			return budget.Status, find(t, budget) && budget.Status.DisruptionsAllowed == 1 && budget.Status.CurrentHealthy == 2
		})
	})
}
