// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"testing"

	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

func TestNetworkPolicyComesAndGoes(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.Receiver.NetworkPolicy = &v1alpha1.NetworkPolicy{Egress: &v1alpha1.NetworkDestinations{}}
	create(t, webhook)
	awaitReady(t, webhook)

	policy := &networking.NetworkPolicy{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "crm-receiver"}}
	if !find(t, policy) || !meta.IsControlledBy(policy, webhook) || len(policy.Spec.PolicyTypes) != 2 || len(policy.Spec.Ingress) != 2 {
		t.Fatalf("the policy is %s", printed(policy))
	}
	change(t, policy, func(p *networking.NetworkPolicy) { p.Spec.Ingress[1].From = nil })
	await(t, "the edit to be reverted", func(context.Context) (any, bool) {
		return policy, find(t, policy) && len(policy.Spec.Ingress[1].From) == 1
	})

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.NetworkPolicy.Egress = nil })
	await(t, "the way out to be open", func(context.Context) (any, bool) {
		return policy, find(t, policy) && len(policy.Spec.PolicyTypes) == 1 && policy.Spec.Egress == nil
	})
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.NetworkPolicy = nil })
	awaitGone(t, policy)
	awaitReady(t, webhook)

	// A policy of somebody else is neither taken over nor deleted.
	foreign := &networking.NetworkPolicy{ObjectMeta: policy.ObjectMeta}
	foreign.ObjectMeta = meta.ObjectMeta{Namespace: ns, Name: "crm-receiver", Labels: policy.Labels}
	create(t, foreign)
	awaitRounds(t, webhook, 2)
	if !find(t, foreign) {
		t.Error("a policy of somebody else was deleted")
	}
}
