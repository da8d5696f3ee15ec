// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
	"github.com/superoffice-webhook/operator/receiver/secretcheck"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// patienceWithKubelet is after how long receivers are named that still go by a former value: kubelet needs a minute or two.
const patienceWithKubelet = 3 * time.Minute

// sharedSecret is what is kept of the shared Secret: which keys are meant, at which resourceVersion, and a question to
// receivers about their values, which themselves are forgotten.
type sharedSecret struct {
	ref      v1alpha1.WebhookSecret
	version  string
	question secretcheck.Question
}

func askAbout(secret *core.Secret, ref v1alpha1.WebhookSecret) *sharedSecret {
	values := map[string]superoffice.Secret{}
	for slot, key := range map[string]v1alpha1.SecretKey{render.SlotCurrent: ref.Key, render.SlotPrevious: ref.PreviousKey} {
		if value, ok := secret.Data[string(key)]; ok {
			values[slot] = superoffice.NewSecret(value)
		}
	}
	return &sharedSecret{ref, secret.ResourceVersion, secretcheck.Ask(values)}
}

func (s *sharedSecret) isOf(ref v1alpha1.WebhookSecret) bool { return s != nil && s.ref == ref }

// confirmed are the pods that have answered yes to the question with this nonce. They are not asked again.
type confirmed struct {
	nonce string
	pods  []string
}

// secretInForce is how far the receivers that are ready go by what the shared Secret holds.
type secretInForce struct {
	version string
	ready   int
	// lagging are the pods that go by something else; silent are those that gave no answer.
	lagging, silent []string
}

// checkSecret asks the receivers that have not said yes yet. It returns nil while there is nothing to ask about.
func (r *Reconciler) checkSecret(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, shared *sharedSecret, seen []observe.Answer) *secretInForce {
	key := client.ObjectKeyFromObject(webhook)
	if shared == nil {
		r.checked.forget(key)
		return nil
	}
	former := r.checked.recall(key)
	if former.nonce != shared.question.Nonce {
		former.pods = nil
	}
	now := confirmed{nonce: shared.question.Nonce}
	found := &secretInForce{version: shared.version}
	var unsure []observe.Receiver
	for _, a := range seen {
		switch {
		case !a.Ready:
		case slices.Contains(former.pods, a.Pod):
			found.ready++
			now.pods = append(now.pods, a.Pod)
		default:
			found.ready++
			unsure = append(unsure, a.Receiver)
		}
	}
	for _, c := range observe.CheckSecret(ctx, unsure, shared.question) {
		switch {
		case c.Err != nil:
			found.silent = append(found.silent, c.Pod)
		case c.InForce:
			now.pods = append(now.pods, c.Pod)
		default:
			found.lagging = append(found.lagging, c.Pod)
		}
	}
	r.checked.keep(key, now)
	return found
}

// propagates tells that it is worth to ask again soon. It can be asked of nil, as everywhere can.
func (s *secretInForce) propagates() bool { return s != nil && len(s.lagging) > 0 }

func (s *secretInForce) everywhere() bool {
	return s != nil && s.ready > 0 && len(s.lagging)+len(s.silent) == 0
}

// setSecretInForce counts nobody while receivers take over a change one by one: each number would be a write of the status.
func (b *conditions) setSecretInForce(webhook *v1alpha1.SuperOfficeWebhook, found findings) {
	const kind = v1alpha1.ConditionSecretInForce
	name, s := webhook.Spec.Secret.Name, found.inForce
	switch {
	case found.secrets != nil && len(found.secrets.webhook) > 0:
		b.set(kind, meta.ConditionFalse, found.secrets.webhook[0].reason, join(found.secrets.webhook))
	case s == nil:
		b.retain(kind)
	case s.everywhere():
		b.set(kind, meta.ConditionTrue, v1alpha1.ReasonAllReceivers, fmt.Sprintf("all receivers go by what Secret %q holds", name))
	case s.propagates():
		b.set(kind, meta.ConditionFalse, v1alpha1.ReasonSecretPropagating, b.explainLag(name, s.lagging))
	case s.ready == 0:
		b.set(kind, meta.ConditionFalse, v1alpha1.ReasonSecretPropagating, fmt.Sprintf("no receiver that goes by what Secret %q holds is ready", name))
	case webhook.Status.SecretResourceVersion == s.version && b.wasTrue(kind):
		b.retain(kind) // a receiver that is silent for a moment, or new, takes nothing back
	default:
		b.set(kind, meta.ConditionUnknown, v1alpha1.ReasonNoAnswer, fmt.Sprintf("not all receivers say whether they go by what Secret %q holds", name))
	}
}

func (b *conditions) explainLag(secret string, pods []string) string {
	message := fmt.Sprintf("not all receivers go by what Secret %q holds yet: kubelet brings it to them within about a minute", secret)
	former := apimeta.FindStatusCondition(b.former, v1alpha1.ConditionSecretInForce)
	if former == nil || former.Reason != v1alpha1.ReasonSecretPropagating || time.Since(former.LastTransitionTime.Time) < patienceWithKubelet {
		return message
	}
	return fmt.Sprintf("%s; for more than %s these did not: %s", message, patienceWithKubelet, strings.Join(pods, ", "))
}

func (b *conditions) wasTrue(kind string) bool { return apimeta.IsStatusConditionTrue(b.former, kind) }
