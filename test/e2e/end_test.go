// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// upgrade changes the chart's values under load: what the operator made stays as it is.
func upgrade(t *testing.T) {
	s := newScene(t)
	w := s.newWebhook(t, nil)
	pods, deployment := awaitReceivers(t, w, 2), deploymentOf(t, w)
	s.startLoad(t, w.Status.Address.URL, 20)
	before, err := managers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	helm(t, "upgrade", "--set=observeInterval=3s", "--set=replicaCount=2")
	await(t, "two new pods of the operator", func(ctx context.Context) error {
		after, err := managers(ctx)
		if err == nil && (len(after) != 2 || uids(before)[after[0].UID] || uids(before)[after[1].UID]) {
			err = fmt.Errorf("there are %d", len(after))
		}
		return err
	})
	change(t, w, func() { w.Spec.Suspend = true }) // the new operator is at work
	await(t, "the new operator", func(ctx context.Context) error {
		if err := stage.client.Get(ctx, client.ObjectKeyFromObject(w), w); err != nil {
			return err
		}
		if w.Status.ObservedGeneration != w.Generation {
			return errors.New("it has not seen a change yet")
		}
		return nil
	})
	change(t, w, func() { w.Spec.Suspend = false })
	s.awaitPosts(t, 20)
	r := s.stopLoad(t)
	wantAllAnswered(t, r)
	s.awaitArrival(t, r)
	wantSame(t, pods, awaitReceivers(t, w, 2))
	if after := deploymentOf(t, w); after.UID != deployment.UID || after.Generation != deployment.Generation {
		t.Errorf("the receivers' Deployment has generation %d, and had %d", after.Generation, deployment.Generation)
	}
	note(t, "helm upgrade to other values and two replicas: resources and receivers stayed, none of %d posts failed", r.Posts)
}

// uninstall removes the operator, then what it made, and then the definition.
func uninstall(t *testing.T, before []string) {
	s := newScene(t)
	w := s.newWebhook(t, nil)
	command(t, "", stage.helm, "uninstall", release, "--namespace="+operatorNamespace, "--wait", "--timeout=120s")

	s.startLoad(t, w.Status.Address.URL, 20)
	s.awaitPosts(t, 50)
	r := s.stopLoad(t)
	wantAllAnswered(t, r)
	s.awaitArrival(t, r)
	note(t, "helm uninstall: receivers work on, %d events arrived without an operator", len(r.Acknowledged))

	if err := stage.client.Delete(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	awaitNothingOwned(t, s.namespace, w.UID)
	note(t, "a webhook deleted without an operator left nothing behind")

	awaitObjects(t, "all but the definition to be gone", append(before, "CustomResourceDefinition "+crd))
	helm(t, "install", "--set=crds.keep=false")
	command(t, "", stage.helm, "uninstall", release, "--namespace="+operatorNamespace, "--wait", "--timeout=120s")
	awaitObjects(t, "all to be gone", before)
	note(t, "uninstalled, it left the definition only; with crds.keep=false, nothing")
}

// leftAlone are kinds whose objects come and go without us, or with others of ours: the definition brings its APIService; and the
// lease by which managers agree who is active stays, for the next one.
var leftAlone = []string{"Event", "Node", "CSINode", "Namespace", "APIService", "PersistentVolume", "Lease", "ComponentStatus", "PodMetrics", "NodeMetrics", "IPAddress"}

// objects are all that belong to the whole cluster or the operator's namespace, which must be there by then.
func objects(t *testing.T) []string {
	t.Helper()
	if err := stage.client.Get(t.Context(), client.ObjectKey{Name: operatorNamespace}, &core.Namespace{}); apierrors.IsNotFound(err) {
		createOperatorNamespace(t)
	}
	found, err := listObjects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func listObjects(ctx context.Context) (found []string, err error) {
	lists, err := stage.discovery.ServerPreferredResources()
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
		return nil, err
	}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, r := range list.APIResources {
			if !slices.Contains(r.Verbs, "list") || slices.Contains(leftAlone, r.Kind) {
				continue
			}
			in := ""
			if r.Namespaced {
				in = operatorNamespace
			}
			all, err := stage.dynamic.Resource(version.WithResource(r.Name)).Namespace(in).List(ctx, meta.ListOptions{})
			if apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err) {
				continue // a kind that is about to go
			}
			if err != nil {
				return nil, fmt.Errorf("list %s: %w", r.Name, err)
			}
			for _, each := range all.Items {
				found = append(found, r.Kind+" "+each.GetName())
			}
		}
	}
	return found, nil
}

func awaitObjects(t *testing.T, what string, want []string) {
	t.Helper()
	await(t, what, func(ctx context.Context) error {
		found, err := listObjects(ctx)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(found, func(o string) bool { return slices.Contains(want, o) })
		if len(left) > 0 {
			return fmt.Errorf("there are still: %s", strings.Join(left, ", "))
		}
		return nil
	})
	if found, err := listObjects(t.Context()); err == nil {
		if missing := slices.DeleteFunc(slices.Clone(want), func(o string) bool { return slices.Contains(found, o) }); len(missing) > 0 {
			t.Errorf("there is no more: %s", strings.Join(missing, ", "))
		}
	}
}

// awaitNothingOwned waits until nothing in a namespace has a certain owner.
func awaitNothingOwned(t *testing.T, in string, owner types.UID) {
	t.Helper()
	await(t, "all that the webhook owned to be gone", func(ctx context.Context) error {
		for _, resource := range []schema.GroupVersionResource{
			{Group: "apps", Version: "v1", Resource: "deployments"},
			{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"},
			{Version: "v1", Resource: "services"},
			{Version: "v1", Resource: "configmaps"},
			{Version: "v1", Resource: "serviceaccounts"},
			{Version: "v1", Resource: "persistentvolumeclaims"},
		} {
			list, err := stage.dynamic.Resource(resource).Namespace(in).List(ctx, meta.ListOptions{})
			if err != nil {
				return err
			}
			for _, each := range list.Items {
				for _, o := range each.GetOwnerReferences() {
					if o.UID == owner {
						return fmt.Errorf("%s %s is there", resource.Resource, each.GetName())
					}
				}
			}
		}
		return nil
	})
}
