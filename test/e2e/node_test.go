// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// nodes are pods that do to nodes what happens to them, see testdata/node.yaml.
type nodes struct{ scene }

func newNodes(t *testing.T) nodes {
	t.Helper()
	n := nodes{scene{namespace: newNamespace(t, "privileged")}}
	apply(t, n.namespace, testdata(t, "node.yaml"))
	kubectl(t, "rollout", "status", "daemonset/node", "--namespace="+n.namespace, "--timeout=180s")
	return n
}

// on is the pod on a node.
func (n nodes) on(ctx context.Context, node string) (core.Pod, error) {
	var list core.PodList
	if err := stage.client.List(ctx, &list, client.InNamespace(n.namespace)); err != nil {
		return core.Pod{}, err
	}
	for _, p := range list.Items {
		if p.Spec.NodeName == node {
			return p, nil
		}
	}
	return core.Pod{}, errors.New("no pod on node " + node)
}

// kill ends the processes of a pod by SIGKILL. One that has no process at the moment is left alone.
func (n nodes) kill(ctx context.Context, p core.Pod) error {
	if len(p.Status.ContainerStatuses) == 0 {
		return nil
	}
	_, id, _ := strings.Cut(p.Status.ContainerStatuses[0].ContainerID, "://")
	at, err := n.on(ctx, p.Spec.NodeName)
	if err != nil {
		return err
	}
	return n.actor(http.MethodPost, at.Name, "kill").Param("container", id).Do(ctx).Error()
}

// provideVolume sees to it that a claim is served, and says how.
func provideVolume(t *testing.T, s scene) string {
	t.Helper()
	var classes storage.StorageClassList
	if err := stage.client.List(t.Context(), &classes); err != nil {
		t.Fatal(err)
	}
	for _, c := range classes.Items {
		if c.Annotations["storageclass.kubernetes.io/is-default-class"] == "true" {
			return "a volume of class " + c.Name
		}
	}
	n := newNodes(t)
	at := anyNode(t)
	pod, err := n.on(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	// As with most who provide volumes, the folder is root's, and nobody else may write to it.
	path := "/var/lib/superoffice-webhook-e2e/" + s.namespace
	if err := n.actor(http.MethodPost, pod.Name, "directory").Param("path", path).Do(t.Context()).Error(); err != nil {
		t.Fatalf("make a folder on the node: %v", err)
	}
	v := &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: s.namespace},
		Spec: core.PersistentVolumeSpec{
			Capacity:                      core.ResourceList{core.ResourceStorage: resource.MustParse("4Gi")},
			AccessModes:                   []core.PersistentVolumeAccessMode{core.ReadWriteOnce},
			PersistentVolumeReclaimPolicy: core.PersistentVolumeReclaimRetain,
			PersistentVolumeSource:        core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: path}},
			NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
				MatchExpressions: []core.NodeSelectorRequirement{{Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{at}}},
			}}}},
		},
	}
	if err := stage.client.Create(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stage.client.Delete(context.Background(), v) })
	return "a local volume"
}

func anyNode(t *testing.T) string {
	t.Helper()
	all := listNodes(t)
	for _, n := range all {
		if len(n.Spec.Taints) == 0 {
			return n.Name
		}
	}
	return all[0].Name
}

// countNodes tells how many take any pod.
func countNodes(t *testing.T) (open int) {
	t.Helper()
	for _, n := range listNodes(t) {
		if len(n.Spec.Taints) == 0 {
			open++
		}
	}
	return open
}

func listNodes(t *testing.T) []core.Node {
	t.Helper()
	var list core.NodeList
	if err := stage.client.List(t.Context(), &list); err != nil || len(list.Items) == 0 {
		t.Fatalf("find nodes, of which there are %d: %v", len(list.Items), err)
	}
	return list.Items
}
