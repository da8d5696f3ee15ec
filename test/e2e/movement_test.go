// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// rollout replaces all receivers under load.
func rollout(t *testing.T) {
	s := newScene(t)
	w := s.newWebhook(t, nil)
	before := awaitReceivers(t, w, 2)
	s.startLoad(t, w.Status.Address.URL, 50)
	s.awaitPosts(t, 50)
	began := time.Now()
	change(t, w, func() {
		w.Spec.Receiver.Resources = &v1alpha1.ResourceRequirements{
			Requests: core.ResourceList{core.ResourceMemory: resource.MustParse("48Mi")},
		}
	})
	awaitReceivers(t, w, 2, before...)
	awaitGone(t, before...)
	took := time.Since(began)
	s.awaitPosts(t, 50)
	r := s.stopLoad(t)
	wantAllAnswered(t, r)
	repeated := s.awaitArrival(t, r)
	note(t, "%d posts while both receivers were replaced within %s: none failed (slowest %s), all arrived, %d twice",
		r.Posts, took.Round(time.Second), rounded(r.Slowest), repeated)
}

// drain empties a node, as its administrator does before an upgrade, where there is another one for its pods.
func drain(t *testing.T) {
	if n := countNodes(t); n < 2 {
		skip(t, fmt.Sprintf("no node was drained: pods can go to %d only", n))
	}
	s := newScene(t)
	w := s.newWebhook(t, func(w *v1alpha1.SuperOfficeWebhook) { w.Name = "drained" })
	before := awaitReceivers(t, w, 2)
	node := before[0].Spec.NodeName
	s.startLoad(t, w.Status.Address.URL, 20)
	s.awaitPosts(t, 20)
	t.Cleanup(func() { _, _ = execute(context.Background(), "", stage.kubectl, "uncordon", node) })
	kubectl(t, "drain", node, "--delete-emptydir-data", "--ignore-daemonsets", "--timeout=180s",
		"--pod-selector="+labels.FormatLabels(render.Selector(w))) // nobody else's
	for _, p := range awaitReceivers(t, w, 2) {
		if p.Spec.NodeName == node {
			t.Errorf("%s is still on %s", p.Name, node)
		}
	}
	r := s.stopLoad(t)
	wantAllAnswered(t, r)
	repeated := s.awaitArrival(t, r)
	note(t, "kubectl drain %s, on which %d of 2 receivers were: none of %d posts failed, all arrived, %d twice",
		node, countOn(node, before), r.Posts, repeated)
}

func countOn(node string, pods []core.Pod) (n int) {
	for _, p := range pods {
		if p.Spec.NodeName == node {
			n++
		}
	}
	return n
}

// evictions takes receivers away one by one, and tries to take both.
func evictions(t *testing.T) {
	s := newScene(t)
	w := s.newWebhook(t, nil)
	before := awaitReceivers(t, w, 2)
	s.startLoad(t, w.Status.Address.URL, 20)
	s.awaitPosts(t, 20)
	if err := evict(t.Context(), before[0]); err != nil {
		t.Fatalf("evict the first receiver: %v", err)
	}
	if err := evict(t.Context(), before[1]); !apierrors.IsTooManyRequests(err) {
		t.Errorf("evict the second one at the same time: got %v, and its PodDisruptionBudget should have refused it", err)
	}
	await(t, "the second receiver's turn", func(ctx context.Context) error { return evict(ctx, before[1]) })
	awaitReceivers(t, w, 2, before...)
	awaitGone(t, before...)
	r := s.stopLoad(t)
	wantAllAnswered(t, r)
	repeated := s.awaitArrival(t, r)
	note(t, "both receivers were evicted, one after the other as their budget says: none of %d posts failed, all arrived, %d twice", r.Posts, repeated)
}

func evict(ctx context.Context, p core.Pod) error {
	return stage.clients.PolicyV1().Evictions(p.Namespace).Evict(ctx, &policy.Eviction{
		ObjectMeta: meta.ObjectMeta{Name: p.Name, Namespace: p.Namespace},
	})
}

// handOver ends receivers that hold events which their sink does not take, and wants them to be moved through the webhook's Service.
func handOver(t *testing.T) {
	s := newScene(t)
	w := s.newWebhook(t, nil)
	before := awaitReceivers(t, w, 2)
	s.answer(t, http.StatusServiceUnavailable)
	s.startLoad(t, w.Status.Address.URL, 50)
	s.awaitPosts(t, 300)
	r := s.stopLoad(t)
	wantAllAnswered(t, r)
	began := time.Now()
	deletePod(t, before[0], false)
	awaitReceivers(t, w, 2, before[0])
	awaitGone(t, before[0])
	deletePod(t, before[1], false)
	awaitReceivers(t, w, 2, before...)
	awaitGone(t, before[1])
	took := time.Since(began)
	if took, err := s.took(t.Context()); err != nil || len(took) > 0 {
		t.Fatalf("the sink took %d events, and it was to refuse them (%v)", len(took), err)
	}
	s.answer(t, http.StatusNoContent)
	repeated := s.awaitArrival(t, r)
	note(t, "%d undelivered events moved to new pods while both old ones ended (%s), all arrived, %d twice", len(r.Acknowledged), took.Round(time.Second), repeated)
}

// volume keeps a queue on a volume, and takes its pod away by force.
func volume(t *testing.T) {
	s := newScene(t)
	how := provideVolume(t, s)
	w := s.newWebhook(t, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Queue.Embedded = &v1alpha1.EmbeddedQueue{
			Storage:               v1alpha1.Storage{Size: resource.MustParse("32Mi")},
			PersistentVolumeClaim: &v1alpha1.PersistentVolumeClaim{},
		}
	})
	s.startLoad(t, w.Status.Address.URL, 50)
	const times = 3
	for range times {
		s.awaitPosts(t, 100)
		pods := awaitReceivers(t, w, 1)
		deletePod(t, pods[0], true)
		awaitReceivers(t, w, 1, pods...)
	}
	s.awaitPosts(t, 50)
	r := s.stopLoad(t)
	repeated := s.awaitArrival(t, r)
	note(t, "the one receiver was deleted by force %d times (%s): all %d acknowledged events arrived, %d twice; %s",
		times, how, len(r.Acknowledged), repeated, failures(r))
}

// jetStream has receivers share a queue in a NATS server, and takes them away by force.
func jetStream(t *testing.T) {
	s := newScene(t)
	apply(t, s.namespace, testdata(t, "nats.yaml"))
	kubectl(t, "wait", "--for=condition=Ready", "pod/nats", "--namespace="+s.namespace, "--timeout=180s")
	w := s.newWebhook(t, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.Queue.JetStream = &v1alpha1.JetStreamQueue{
			Replicas: 1,
			URLs:     []v1alpha1.NATSURL{v1alpha1.NATSURL(fmt.Sprintf("nats://nats.%s.svc:4222", s.namespace))},
			Storage:  v1alpha1.Storage{Size: resource.MustParse("64Mi")},
		}
	})
	s.startLoad(t, w.Status.Address.URL, 50)
	const times = 4
	for range times {
		s.awaitPosts(t, 100)
		pods := awaitReceivers(t, w, 2)
		deletePod(t, pods[0], true)
		awaitReceivers(t, w, 2, pods[0])
	}
	r := s.stopLoad(t)
	repeated := s.awaitArrival(t, r)
	note(t, "%d receivers on one queue in NATS were deleted by force: all %d acknowledged events arrived, %d twice; %s",
		times, len(r.Acknowledged), repeated, failures(r))
}

func failures(r report) string {
	if len(r.Failed) == 0 {
		return fmt.Sprintf("none of %d posts failed", r.Posts)
	}
	return fmt.Sprintf("of %d posts failed %v, and %d events found nobody in all tries", r.Posts, r.Failed, len(r.Unacknowledged))
}
