// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
)

func TestChangedSinksAreTakenOverInPlace(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	former, erp, bi := newSink(t), newSink(t), newSink(t)
	webhook := newWebhook(ns, to("former", former.URL), to("erp", erp.URL))
	webhook.Spec.Receiver.Replicas = ptr.To[int32](2)
	create(t, webhook)
	awaitReady(t, webhook)
	pods := receiversOf(t, webhook)
	first := postAll(t, intakeOf(t, pods[0]), shared, 1)
	erp.awaitArrival(t, first)
	former.awaitArrival(t, first)

	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Sinks = []v1alpha1.Sink{to("erp", erp.URL), to("bi", bi.URL)}
	})
	awaitReady(t, webhook)
	var second []string
	for _, pod := range pods {
		second = append(second, postAll(t, intakeOf(t, pod), shared, 1)...)
	}
	erp.awaitArrival(t, second)
	bi.awaitArrival(t, second)
	if former.count() != 1 || bi.count() != 2 {
		t.Errorf("the sink that was removed got %d events, want 1; the one that was added %d, want 2", former.count(), bi.count())
	}
	awaitStatus(t, webhook, "the sinks that are there now", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
		return len(s.Sinks) == 2 && s.Sinks[0].Name == "erp" && s.Sinks[1].Name == "bi"
	})
	if difference := cmp.Diff(lives(pods), lives(receiversOf(t, webhook))); difference != "" {
		t.Errorf("receivers (-before +after):\n%s", difference)
	}
}

// TestSinkThatNeedsAnotherSecret changes the pods' volume, so that they have to be replaced.
func TestSinkThatNeedsAnotherSecret(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	webhook.Spec.Receiver.Replicas = ptr.To[int32](2)
	create(t, webhook)
	awaitReady(t, webhook)
	before := lives(receiversOf(t, webhook))
	deployments := record[*apps.Deployment](t, ns, &apps.DeploymentList{})
	pods := record[*core.Pod](t, ns, &core.PodList{})

	create(t, newSecret(ns, "erp-api", map[string]string{"key": "opens the door"}))
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Sinks = []v1alpha1.Sink{to("erp", erp.URL, apiKey("X-Key"))}
	})
	awaitReady(t, webhook)

	after := receiversOf(t, webhook)
	for _, pod := range after {
		if _, stayed := before[pod.UID]; stayed {
			t.Errorf("pod %s is still there, although its volume lacks a file", pod.Name)
		}
		ids := postAll(t, intakeOf(t, pod), shared, 1)
		erp.awaitArrival(t, ids)
		if got := erp.header(ids[0]).Get("X-Key"); got != "opens the door" {
			t.Errorf("the sink was shown the key %q", got)
		}
	}
	if len(after) != 2 {
		t.Errorf("%d receivers, want 2", len(after))
	}
	deployment := objectOf(t, webhook, "Deployment").(*apps.Deployment)
	for _, d := range deployments.all(t, deployment) {
		if d.Status.AvailableReplicas < 2 {
			t.Errorf("at some time there were only %d receivers:\n%s", d.Status.AvailableReplicas, printed(d.Status))
		}
	}
	wantAlwaysReady(t, pods.soFar(), 2)
}

// wantAlwaysReady counts the pods that were ready and not about to go, after each change of one. Those of the first few
// changes are not known yet.
func wantAlwaysReady(t *testing.T, versions []*core.Pod, want int) {
	t.Helper()
	ready, enough := map[string]bool{}, false
	for _, p := range versions {
		ready[p.Name] = observe.IsReady(p) && p.DeletionTimestamp == nil
		n := 0
		for _, is := range ready {
			if is {
				n++
			}
		}
		enough = enough || n >= want
		if enough && n < want {
			t.Errorf("after a change of pod %s only %d were ready", p.Name, n)
		}
	}
	if !enough {
		t.Errorf("never were %d ready", want)
	}
}

// TestRefusedConfiguration gives receivers what the schema can't see: a header's value that can't be sent.
func TestRefusedConfiguration(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	key := newSecret(ns, "erp-api", map[string]string{"key": "former value"})
	create(t, key)
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL, apiKey("X-Key")))
	create(t, webhook)
	awaitReady(t, webhook)
	pods := receiversOf(t, webhook)
	intake := intakeOf(t, pods[0])

	change(t, key, func(s *core.Secret) { s.StringData = map[string]string{"key": "split\nvalue"} })
	awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonConfigRejected)
	message := condition(webhook, v1alpha1.ConditionReady).Message
	wantContains(t, message, "headers[0]", "secrets/sinks/erp-api/key", "control character")
	wantLacks(t, "the message", message, "split", "value\n")

	ids := postAll(t, intake, shared, 1)
	erp.awaitArrival(t, ids)
	if got := erp.header(ids[0]).Get("X-Key"); got != "former value" {
		t.Errorf("the sink was shown the key %q, want the former one", got)
	}
	change(t, key, func(s *core.Secret) { s.StringData = map[string]string{"key": "repaired value"} })
	awaitReady(t, webhook)
	ids = postAll(t, intake, shared, 1)
	erp.awaitArrival(t, ids)
	if got := erp.header(ids[0]).Get("X-Key"); got != "repaired value" {
		t.Errorf("the sink was shown the key %q, want the new one", got)
	}
	if difference := cmp.Diff(lives(pods), lives(receiversOf(t, webhook))); difference != "" {
		t.Errorf("receivers (-before +after):\n%s", difference)
	}
}
