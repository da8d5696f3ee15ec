// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// newMember is a member of the pool "edge", which has two receivers, with its shared secret in a Secret of its own name.
func newMember(namespace, name string, sinks ...v1alpha1.Sink) *v1alpha1.SuperOfficeWebhook {
	webhook := newWebhook(namespace, sinks...)
	webhook.Name, webhook.Spec.Secret.Name = name, name
	webhook.Spec.Receiver = v1alpha1.Receiver{Pool: "edge", Replicas: ptr.To[int32](2)}
	return webhook
}

// secretOf is another one for each member.
func secretOf(webhook *v1alpha1.SuperOfficeWebhook) string { return shared + " for " + webhook.Name }

func createMember(t *testing.T, namespace, name string, sinks ...v1alpha1.Sink) *v1alpha1.SuperOfficeWebhook {
	t.Helper()
	webhook := newMember(namespace, name, sinks...)
	create(t, newSecret(namespace, name, map[string]string{"secret": secretOf(webhook)}))
	create(t, webhook)
	return webhook
}

// poolObjects are the objects of the pool, by their names only.
func poolObjects(namespace string) []client.Object {
	at := meta.ObjectMeta{Namespace: namespace, Name: "edge-pool"}
	return []client.Object{
		&core.ServiceAccount{ObjectMeta: at}, &core.Service{ObjectMeta: at}, &policy.PodDisruptionBudget{ObjectMeta: at}, &apps.Deployment{ObjectMeta: at},
	}
}

// postToMember posts events at the member's path, to all receivers in turn.
func postToMember(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, n int) (ids []string) {
	t.Helper()
	for _, pod := range receiversOf(t, webhook) {
		ids = append(ids, postAll(t, memberURL(t, pod, webhook), secretOf(webhook), n)...)
	}
	return ids
}

func memberURL(t *testing.T, pod core.Pod, webhook *v1alpha1.SuperOfficeWebhook) string {
	t.Helper()
	address, err := stage.cluster.PodAddress(pod.Namespace, pod.Name)
	if err != nil {
		t.Fatalf("find receiver: %v", err)
	}
	return fmt.Sprintf("http://%s:%d/hooks/%s/%s", address, render.IntakePort, webhook.Namespace, webhook.Name)
}

func TestPool(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	one, other := newSink(t), newSink(t)
	support := createMember(t, ns, "support", to("erp", one.URL))
	sales := createMember(t, ns, "sales", to("erp", other.URL))
	awaitReady(t, support)
	awaitReady(t, sales)

	t.Run("has one Deployment for all members", func(t *testing.T) {
		for _, o := range poolObjects(ns) {
			if !find(t, o) || len(o.GetOwnerReferences()) != 2 {
				t.Errorf("the %s is\n%s", kindOf(t, o), printed(o))
			}
		}
		var all apps.DeploymentList
		if err := stage.client.List(t.Context(), &all, client.InNamespace(ns)); err != nil || len(all.Items) != 1 {
			t.Errorf("there are %d Deployments (%v)", len(all.Items), err)
		}
		if support.Status.Address.URL != "http://edge-pool."+ns+".svc/hooks/"+ns+"/support" {
			t.Errorf("it is said to receive at %s", support.Status.Address.URL)
		}
		if c := condition(support, v1alpha1.ConditionPoolAgreed); c.Status != meta.ConditionTrue {
			t.Errorf("PoolAgreed is\n%s", printed(c))
		}
	})
	t.Run("keeps what members receive apart", func(t *testing.T) {
		first, second := postToMember(t, support, 3), postToMember(t, sales, 2)
		one.awaitArrival(t, first)
		other.awaitArrival(t, second)
		if one.count() != len(first) || other.count() != len(second) {
			t.Errorf("%d of %d and %d of %d arrived", one.count(), len(first), other.count(), len(second))
		}
		_, body := newEvent(t, superoffice.ActivityCreated)
		postBody(t, memberURL(t, receiversOf(t, support)[0], support), secretOf(sales), body, http.StatusUnauthorized)
		for _, m := range []*v1alpha1.SuperOfficeWebhook{support, sales} {
			awaitStatus(t, m, "its own figures", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
				return s.Delivery != nil && s.Delivery.LastReceivedTime != nil && (s.Delivery.LastRejection != nil) == (m == support) && s.ReadyReplicas == 2
			})
		}
	})
	t.Run("pauses one member alone", func(t *testing.T) {
		before, received := lives(receiversOf(t, support)), other.count()
		change(t, sales, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = true })
		awaitReady(t, sales)
		waiting := postToMember(t, sales, 2)
		one.awaitArrival(t, postToMember(t, support, 1))
		awaitCondition(t, support, v1alpha1.ConditionDelivering, meta.ConditionTrue, v1alpha1.ReasonDelivering)
		if got := other.count(); got != received {
			t.Errorf("%d events were delivered", got-received)
		}
		change(t, sales, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Suspend = false })
		other.awaitArrival(t, waiting)
		if difference := cmp.Diff(before, lives(receiversOf(t, support))); difference != "" {
			t.Errorf("receivers (-before +after):\n%s", difference)
		}
	})
	t.Run("does not suffer from a member without a Secret", func(t *testing.T) {
		broken := newMember(ns, "broken", to("erp", other.URL))
		during := postDuring(t, support)
		create(t, broken)
		awaitCondition(t, broken, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonSecretNotFound)
		awaitTakenIn(t, broken)
		one.awaitArrival(t, during())
		awaitReady(t, support)
		create(t, newSecret(ns, "broken", map[string]string{"secret": secretOf(broken)}))
		awaitReady(t, broken)
		other.awaitArrival(t, postToMember(t, broken, 1))
	})
	t.Run("takes in a member without a failed request at the others", func(t *testing.T) {
		before := stage.operator.rounds.writesOf(client.ObjectKeyFromObject(sales))
		during := postDuring(t, support)
		third := createMember(t, ns, "third", to("erp", other.URL))
		awaitReady(t, third)
		ids := during()
		one.awaitArrival(t, ids)
		other.awaitArrival(t, postToMember(t, third, 1))
		for _, w := range stage.operator.rounds.writesOf(client.ObjectKeyFromObject(sales))[len(before):] {
			if !apimeta.IsStatusConditionTrue(w.status.Conditions, v1alpha1.ConditionReady) {
				t.Errorf("meanwhile another member was not Ready:\n%s", printed(w.status))
			}
		}
	})
	awaitCollector(t, ns)
	t.Run("lets a member go", func(t *testing.T) {
		remove(t, sales)
		awaitGone(t, sales, &core.ConfigMap{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "sales-receiver"}})
		await(t, "the Deployment to belong to three, and to leave the fourth out", func(context.Context) (any, bool) {
			d := poolObjects(ns)[3].(*apps.Deployment)
			return d, find(t, d) && len(d.GetOwnerReferences()) == 3 && !configures(d, sales)
		})
		awaitRolledOut(t, ns)
		one.awaitArrival(t, postToMember(t, support, 1))
		_, body := newEvent(t, superoffice.ActivityCreated)
		postBody(t, memberURL(t, receiversOf(t, support)[0], sales), secretOf(sales), body, http.StatusNotFound)
	})
	t.Run("goes with its last member", func(t *testing.T) {
		for _, name := range []string{"support", "broken", "third"} {
			remove(t, newMember(ns, name))
		}
		awaitGone(t, poolObjects(ns)...)
	})
}

// configures tells whether a pool's receivers are to have a member's configuration. Its owners do not tell: the garbage collector
// takes out those that are gone, too.
func configures(d *apps.Deployment, member *v1alpha1.SuperOfficeWebhook) bool {
	return slices.ContainsFunc(d.Spec.Template.Spec.Volumes, func(v core.Volume) bool {
		return v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s core.VolumeProjection) bool {
			return s.ConfigMap != nil && s.ConfigMap.Name == member.Name+"-receiver"
		})
	})
}

// awaitCollector waits until the garbage collector has noticed that there are SuperOfficeWebhooks, which takes it half a minute
// after their definition was made. Of those that it has not seen alive it looks after what is left ever more rarely.
func awaitCollector(t *testing.T, namespace string) {
	t.Helper()
	n := 0
	await(t, "the garbage collector to know SuperOfficeWebhooks", func(ctx context.Context) (any, bool) {
		n++
		owner := newWebhook(namespace, nowhere())
		owner.Name = fmt.Sprintf("collected-%d", n)
		create(t, owner)
		left := &core.ConfigMap{ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: owner.Name, OwnerReferences: []meta.OwnerReference{{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "SuperOfficeWebhook", Name: owner.Name, UID: owner.UID,
		}}}}
		create(t, left)
		remove(t, owner)
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		err := wait.PollUntilContextCancel(ctx, glance, true, func(context.Context) (bool, error) { return !find(t, left), nil })
		return err, err == nil
	})
}

// awaitTakenIn waits until all receivers of the pool have a member's configuration, well or not.
func awaitTakenIn(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) {
	t.Helper()
	await(t, "the Deployment to belong to "+webhook.Name, func(context.Context) (any, bool) {
		d := poolObjects(webhook.Namespace)[3]
		if !find(t, d) {
			return nil, false
		}
		for _, o := range d.GetOwnerReferences() {
			if o.UID == webhook.UID {
				return d, true
			}
		}
		return d, false
	})
	awaitRolledOut(t, webhook.Namespace)
}

func awaitRolledOut(t *testing.T, namespace string) {
	t.Helper()
	await(t, "the end of the rollout", func(context.Context) (any, bool) {
		d := poolObjects(namespace)[3].(*apps.Deployment)
		s := &d.Status
		return d, find(t, d) && s.ObservedGeneration == d.Generation && s.UpdatedReplicas == *d.Spec.Replicas && s.Replicas == *d.Spec.Replicas && s.ReadyReplicas == *d.Spec.Replicas
	})
}

// postDuring posts to a member all the time, at receivers that are ready, as a Service would lead there. What it returns
// ends that, and fails the test if one was not accepted.
func postDuring(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) (end func() (ids []string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var ids []string
	var failures []string
	var posting sync.WaitGroup
	posting.Go(func() {
		tick := time.NewTicker(glance)
		defer tick.Stop()
		for n := 0; ctx.Err() == nil; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			ready, err := readyReceivers(ctx, webhook)
			if err != nil {
				continue // it is about to end
			}
			if len(ready) == 0 {
				if ctx.Err() == nil {
					failures = append(failures, "no receiver is ready")
				}
				continue
			}
			pod := ready[n%len(ready)]
			address, err := stage.cluster.PodAddress(pod.Namespace, pod.Name)
			if err != nil {
				continue // it has gone since
			}
			id, body := newEvent(t, superoffice.ActivityCreated)
			url := fmt.Sprintf("http://%s:%d/hooks/%s/%s", address, render.IntakePort, webhook.Namespace, webhook.Name)
			status, err := post(context.WithoutCancel(ctx), http.DefaultClient, url, secretOf(webhook), body)
			if err != nil || status != http.StatusOK {
				failures = append(failures, fmt.Sprintf("%s answers %d (%v)", pod.Name, status, err))
				continue
			}
			ids = append(ids, id)
		}
	})
	return func() []string {
		cancel()
		posting.Wait()
		if len(failures) > 0 || len(ids) == 0 {
			t.Errorf("%d were accepted, and %d were not: %v", len(ids), len(failures), failures)
		}
		return ids
	}
}

func readyReceivers(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook) ([]core.Pod, error) {
	var list core.PodList
	err := stage.client.List(ctx, &list, client.InNamespace(webhook.Namespace), client.MatchingLabels(render.Selector(webhook)))
	return slices.DeleteFunc(list.Items, func(p core.Pod) bool { return p.DeletionTimestamp != nil || !observe.IsReady(&p) }), err
}

func TestPoolWhoseNameIsTaken(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	stranger := emptyDeployment()
	stranger.Namespace, stranger.Name = ns, "edge-pool"
	create(t, stranger)
	support := createMember(t, ns, "support", nowhere())

	awaitCondition(t, support, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonNameTaken)
	wantContains(t, condition(support, v1alpha1.ConditionReady).Message,
		`Deployment "edge-pool" exists already and does not belong to this pool`, "delete what is in the way or use another pool")
	awaitRounds(t, support, 2)
	wantUntouched(t, stranger)

	remove(t, stranger)
	awaitReady(t, support)
}

func TestMembersThatWantDifferentPods(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	older := createMember(t, ns, "older", nowhere())
	awaitReady(t, older)
	younger := newMember(ns, "younger", nowhere())
	younger.Spec.Receiver.Replicas = ptr.To[int32](3)
	create(t, newSecret(ns, "younger", map[string]string{"secret": secretOf(younger)}))
	create(t, younger)

	awaitCondition(t, younger, v1alpha1.ConditionPoolAgreed, meta.ConditionFalse, v1alpha1.ReasonSettingsDiffer)
	awaitReady(t, younger)
	if younger.Status.Replicas != 2 {
		t.Errorf("there are %d receivers", younger.Status.Replicas)
	}

	wrong := newMember(ns, "wrong", nowhere())
	wrong.Spec.Receiver.PodTemplate = &runtime.RawExtension{Raw: []byte(`{"spec": {"hostNetwork": true}}`)}
	create(t, wrong)
	awaitCondition(t, wrong, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonInvalid)
	awaitTakenIn(t, wrong)
	awaitReady(t, younger)

	remove(t, older)
	awaitCondition(t, younger, v1alpha1.ConditionPoolAgreed, meta.ConditionTrue, v1alpha1.ReasonSettingsAgreed)
	awaitStatus(t, younger, "three receivers", func(s v1alpha1.SuperOfficeWebhookStatus) bool { return s.ReadyReplicas == 3 })
}
