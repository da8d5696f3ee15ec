// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func createClaim(t *testing.T, namespace, name string) {
	t.Helper()
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}
	if _, err := shared.client.CoreV1().PersistentVolumeClaims(namespace).Create(t.Context(), claim, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// claimed is a pod that counts its runs in a claimed volume.
func claimed(name, claim string) *corev1.Pod {
	pod := newPod(name, "--data=/data")
	mount(pod, "data", "/data", corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}})
	return pod
}

func TestClaimedVolumeOutlivesItsPods(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createClaim(t, namespace, "data")
	for _, run := range []string{"1", "2"} {
		createPod(t, namespace, claimed("web", "data"))
		pod := awaitPod(t, namespace, "web", ready)
		if got := ask(t, namespace, "web", "/run"); got != run {
			t.Errorf("run %s, want %s", got, run)
		}
		gone := lastWords(t, namespace)
		deletePod(t, namespace, -1)
		gone()
		awaitNothing(t, pod)
	}
	createClaim(t, namespace, "other")
	createPod(t, namespace, claimed("web", "other"))
	awaitPod(t, namespace, "web", ready)
	if got := ask(t, namespace, "web", "/run"); got != "1" {
		t.Errorf("run %s of another claim", got)
	}
}

func TestPodWaitsForItsClaim(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createPod(t, namespace, claimed("web", "data"))
	awaitEvent(t, namespace, "web", "FailedMount", `persistentvolumeclaims "data" not found`)
	awaitPod(t, namespace, "web", awaits("ContainerCreating", ""))
	createClaim(t, namespace, "data")
	awaitPod(t, namespace, "web", ready)
}
