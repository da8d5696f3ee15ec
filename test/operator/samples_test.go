// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"testing"

	apps "k8s.io/api/apps/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// TestSamplesStayInSync asks what tools that compare what was applied with what is there ask: whether an apply would
// change anything. The operator has looked at each sample by then and has made what it leads to.
func TestSamplesStayInSync(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	const samples = "config/samples"
	kubectl(t, "apply", "--server-side", "--namespace="+ns, "-k", samples)
	var webhooks v1alpha1.SuperOfficeWebhookList
	if err := stage.client.List(t.Context(), &webhooks, client.InNamespace(ns)); err != nil || len(webhooks.Items) == 0 {
		t.Fatalf("list the samples: %d, %v", len(webhooks.Items), err)
	}
	for i := range webhooks.Items {
		webhook := &webhooks.Items[i]
		awaitStatus(t, webhook, "the operator to have looked", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
			return s.ObservedGeneration == webhook.Generation
		})
		awaitRounds(t, webhook, 1)
		await(t, "its Deployment", func(context.Context) (any, bool) {
			deployment := &apps.Deployment{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: render.ReceiversName(webhook)}}
			return webhook.Status, find(t, deployment)
		})
	}
	t.Run("as kubectl compares", func(t *testing.T) {
		kubectl(t, "diff", "--server-side", "--namespace="+ns, "-k", samples)
	})
	t.Run("and applying them again changes nothing", func(t *testing.T) {
		kubectl(t, "apply", "--server-side", "--namespace="+ns, "-k", samples)
		for i := range webhooks.Items {
			webhook := webhooks.Items[i].DeepCopy()
			if find(t, webhook); webhook.Generation != 1 {
				t.Errorf("%s has generation %d", webhook.Name, webhook.Generation)
			}
		}
	})
}
