// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

func TestDeletion(t *testing.T) {
	t.Parallel()
	neighbour := newWebhook(newNamespace(t), nowhere())
	create(t, newSecret(neighbour.Namespace, "crm", map[string]string{"secret": shared}))
	create(t, neighbour)
	awaitReady(t, neighbour)
	before := identities(t, neighbour)

	t.Run("removes all that was made", func(t *testing.T) {
		for name, policy := range map[string]meta.DeletionPropagation{
			"in the background": meta.DeletePropagationBackground,
			"in the foreground": meta.DeletePropagationForeground,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ns := newNamespace(t)
				create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
				webhook := newWebhook(ns, nowhere())
				create(t, webhook)
				awaitReady(t, webhook)

				remove(t, webhook, client.PropagationPolicy(policy))
				awaitGone(t, webhook)
				awaitGone(t, receiverObjects(ns, webhook.Name)...)
				await(t, "the end of all pods", func(ctx context.Context) (any, bool) {
					var left core.PodList
					err := stage.client.List(ctx, &left, client.InNamespace(ns))
					return left.Items, err == nil && len(left.Items) == 0
				})
				var sets apps.ReplicaSetList
				if err := stage.client.List(t.Context(), &sets, client.InNamespace(ns)); err != nil || len(sets.Items) > 0 {
					t.Errorf("left behind (%v):\n%s", err, printed(sets.Items))
				}
				if !find(t, newSecret(ns, "crm", nil)) {
					t.Error("the user's Secret is gone, too")
				}
			})
		}
	})
	t.Run("leaves resources of the same name in other namespaces alone", func(t *testing.T) {
		if difference := cmp.Diff(before, identities(t, neighbour)); difference != "" {
			t.Errorf("uids (-before +after):\n%s", difference)
		}
	})
}

// identities are the uids of the objects and pods of a resource.
func identities(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) map[string]types.UID {
	t.Helper()
	uids := map[string]types.UID{}
	for _, o := range readObjects(t, webhook) {
		uids[kindOf(t, o)] = o.GetUID()
	}
	for _, p := range receiversOf(t, webhook) {
		uids["Pod "+p.Name] = p.UID
	}
	return uids
}

func TestResourceThatIsMadeAgainAtOnce(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	former := newWebhook(ns, nowhere())
	create(t, former)
	awaitReady(t, former)
	versions := record[*v1alpha1.SuperOfficeWebhook](t, ns, &v1alpha1.SuperOfficeWebhookList{})

	remove(t, former, client.PropagationPolicy(meta.DeletePropagationBackground))
	webhook := newWebhook(ns, nowhere())
	await(t, "the name to be free", func(ctx context.Context) (any, bool) {
		err := stage.client.Create(ctx, webhook)
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatalf("create: %v", err)
		}
		return err, err == nil
	})
	awaitReady(t, webhook)
	for _, o := range readObjects(t, webhook) {
		if !meta.IsControlledBy(o, webhook) {
			t.Errorf("%s is not the new resource's:\n%s", kindOf(t, o), printed(o.GetOwnerReferences()))
		}
	}
	for _, v := range versions.all(t, webhook) {
		if c := condition(v, v1alpha1.ConditionStalled); c.Type != "" {
			t.Errorf("it was said to be stuck while the former was on its way out:\n%s", printed(c))
		}
	}
}
