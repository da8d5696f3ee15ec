// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// newWebhook makes a webhook for the sender and the sink of a scene, and waits until it is ready.
func (s scene) newWebhook(t *testing.T, change func(*v1alpha1.SuperOfficeWebhook)) *v1alpha1.SuperOfficeWebhook {
	t.Helper()
	w := &v1alpha1.SuperOfficeWebhook{ObjectMeta: meta.ObjectMeta{Name: "crm", Namespace: s.namespace}}
	w.Spec.Secret.Name = "crm-webhook"
	w.Spec.Sinks = []v1alpha1.Sink{{
		Name: "erp",
		HTTP: &v1alpha1.HTTPSink{URL: s.sinkURL()},
		// Tests do not wait for minutes once the sink is back.
		Delivery: v1alpha1.Delivery{Retry: v1alpha1.Retry{Backoff: v1alpha1.Backoff{Max: v1alpha1.Duration("5s")}}},
	}}
	if change != nil {
		change(w)
	}
	if err := stage.client.Create(t.Context(), w); err != nil {
		t.Fatalf("create the webhook: %v", err)
	}
	awaitReady(t, w)
	return w
}

func (s scene) sinkURL() string { return "http://sink." + s.namespace + ".svc/" }

// awaitReady waits until the webhook is ready as it is now, and reads it.
func awaitReady(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
	t.Helper()
	await(t, "the webhook to be ready", func(ctx context.Context) error {
		if err := stage.client.Get(ctx, client.ObjectKeyFromObject(w), w); err != nil {
			return err
		}
		ready := apimeta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Status != meta.ConditionTrue || ready.ObservedGeneration != w.Generation {
			return fmt.Errorf("%+v", ready)
		}
		return nil
	})
}

// awaitCondition waits until a condition is true, for this reason, and reads the webhook.
func awaitCondition(t *testing.T, w *v1alpha1.SuperOfficeWebhook, kind, reason string) {
	t.Helper()
	await(t, kind, func(ctx context.Context) error {
		if err := stage.client.Get(ctx, client.ObjectKeyFromObject(w), w); err != nil {
			return err
		}
		c := apimeta.FindStatusCondition(w.Status.Conditions, kind)
		if c == nil || c.Status != meta.ConditionTrue || c.Reason != reason {
			return fmt.Errorf("%+v", c)
		}
		return nil
	})
}

// change changes a webhook, which others may change meanwhile.
func change(t *testing.T, w *v1alpha1.SuperOfficeWebhook, mutate func()) {
	t.Helper()
	before := w.DeepCopy()
	mutate()
	if err := stage.client.Patch(t.Context(), w, client.MergeFrom(before)); err != nil {
		t.Fatalf("change the webhook: %v", err)
	}
}

// receivers are the pods of a webhook that are not about to go.
func receivers(ctx context.Context, w *v1alpha1.SuperOfficeWebhook) ([]core.Pod, error) {
	var list core.PodList
	if err := stage.client.List(ctx, &list, client.InNamespace(w.Namespace), client.MatchingLabels(render.Selector(w))); err != nil {
		return nil, err
	}
	var pods []core.Pod
	for _, p := range list.Items {
		if p.DeletionTimestamp == nil {
			pods = append(pods, p)
		}
	}
	return pods, nil
}

// awaitReceivers waits for so many receivers that are ready and none of those that were there before, and until those are gone.
func awaitReceivers(t *testing.T, w *v1alpha1.SuperOfficeWebhook, n int, not ...core.Pod) []core.Pod {
	t.Helper()
	old := uids(not)
	var pods []core.Pod
	await(t, fmt.Sprintf("%d new receivers", n), func(ctx context.Context) (err error) {
		if pods, err = receivers(ctx, w); err != nil {
			return err
		}
		if len(pods) != n {
			return fmt.Errorf("there are %d", len(pods))
		}
		for _, p := range pods {
			if old[p.UID] || !observe.IsReady(&p) {
				return fmt.Errorf("%s is old, or not ready", p.Name)
			}
		}
		return nil
	})
	return pods
}

// awaitGone waits until pods have ended.
func awaitGone(t *testing.T, pods ...core.Pod) {
	t.Helper()
	for _, p := range pods {
		await(t, p.Name+" to end", func(ctx context.Context) error {
			var now core.Pod
			err := stage.client.Get(ctx, client.ObjectKeyFromObject(&p), &now)
			if client.IgnoreNotFound(err) != nil {
				return err
			}
			if err == nil && now.UID == p.UID {
				return fmt.Errorf("it is there")
			}
			return nil
		})
	}
}

func uids(pods []core.Pod) map[types.UID]bool {
	found := map[types.UID]bool{}
	for _, p := range pods {
		found[p.UID] = true
	}
	return found
}

// deploymentOf is what runs a webhook's receivers.
func deploymentOf(t *testing.T, w *v1alpha1.SuperOfficeWebhook) *apps.Deployment {
	t.Helper()
	d := &apps.Deployment{}
	if err := stage.client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: render.Name(w)}, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// deletePod deletes a pod: in order, or at once.
func deletePod(t *testing.T, p core.Pod, force bool) {
	t.Helper()
	var options []client.DeleteOption
	if force {
		options = append(options, client.GracePeriodSeconds(0))
	}
	if err := client.IgnoreNotFound(stage.client.Delete(t.Context(), &p, options...)); err != nil {
		t.Fatalf("delete %s: %v", p.Name, err)
	}
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
