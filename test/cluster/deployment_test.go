// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/watch"
)

const replicas = 2

// createDeployment makes one whose pods are described by another pod, and which never has less ready than it wants.
func createDeployment(t *testing.T, namespace string, pod *corev1.Pod) *appsv1.Deployment {
	t.Helper()
	n, none, one := int32(replicas), intstr.FromInt(0), intstr.FromInt(1)
	made, err := shared.client.AppsV1().Deployments(namespace).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &n,
			Selector: &metav1.LabelSelector{MatchLabels: pod.Labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels}, Spec: pod.Spec},
			Strategy: appsv1.DeploymentStrategy{
				Type:          appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: &none, MaxSurge: &one},
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// awaitDeployment waits until there is nothing to complain about in the Deployment "web".
func awaitDeployment(t *testing.T, namespace string, why func(appsv1.DeploymentStatus) string) {
	t.Helper()
	eventually(t, func() string {
		d, err := shared.client.AppsV1().Deployments(namespace).Get(t.Context(), "web", metav1.GetOptions{})
		switch {
		case err != nil:
			return err.Error()
		case d.Status.ObservedGeneration != d.Generation:
			return "the controller has not seen the change"
		}
		if problem := why(d.Status); problem != "" {
			return fmt.Sprintf("%s: %+v", problem, d.Status)
		}
		return ""
	})
}

func listPods(t *testing.T, namespace string) []corev1.Pod {
	t.Helper()
	list, err := shared.client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// makeReady tells all pods that run to be ready.
func makeReady(t *testing.T, namespace string) {
	t.Helper()
	for _, pod := range listPods(t, namespace) {
		if firstContainer(&pod).State.Running != nil && pod.DeletionTimestamp == nil && !conditionTrue(&pod, corev1.PodReady) {
			awaitListening(t, namespace, pod.Name)
			tell(t, namespace, pod.Name, "/ready?to=true")
		}
	}
}

func TestDeployment(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createDeployment(t, namespace, newPod("web", "--unready"))

	awaitDeployment(t, namespace, func(s appsv1.DeploymentStatus) string {
		if s.Replicas != replicas {
			return "lacks pods"
		}
		return ""
	})
	addresses := map[string]bool{}
	for _, pod := range listPods(t, namespace) {
		running := awaitPod(t, namespace, pod.Name, func(p *corev1.Pod) string {
			if p.Status.Phase != corev1.PodRunning || firstContainer(p).Started == nil || !*firstContainer(p).Started {
				return "does not run"
			}
			return ""
		})
		awaitEvent(t, namespace, pod.Name, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
		if conditionTrue(running, corev1.PodReady) || firstContainer(running).Ready {
			t.Errorf("pod %s is ready although its probe fails", pod.Name)
		}
		addresses[running.Status.PodIP] = true
	}
	if len(addresses) != replicas || addresses[""] {
		t.Errorf("addresses %v", addresses)
	}

	makeReady(t, namespace)
	awaitDeployment(t, namespace, func(s appsv1.DeploymentStatus) string {
		if s.AvailableReplicas != replicas {
			return "is not available"
		}
		return ""
	})

	pod := listPods(t, namespace)[0].Name
	tell(t, namespace, pod, "/ready?to=false")
	awaitPod(t, namespace, pod, func(p *corev1.Pod) string {
		if conditionTrue(p, corev1.PodReady) {
			return "is ready"
		}
		return ""
	})
	awaitDeployment(t, namespace, func(s appsv1.DeploymentStatus) string {
		if s.ReadyReplicas != replicas-1 {
			return "does not see it"
		}
		return ""
	})
}

func TestRollingUpdateNeverHasFewerReadyPodsThanWanted(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createDeployment(t, namespace, newPod("web", "--unready"))
	updated := func(image string) func(appsv1.DeploymentStatus) string {
		return func(s appsv1.DeploymentStatus) string {
			makeReady(t, namespace)
			if s.UpdatedReplicas != replicas || s.AvailableReplicas != replicas || s.Replicas != replicas {
				return "has not rolled out " + image
			}
			return ""
		}
	}
	awaitDeployment(t, namespace, updated("the first version"))

	lowest := watchReady(t, namespace)
	for _, version := range []string{"v2", "v3"} {
		patch := fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[{"name":"main","image":%q}]}}}}`, image+":"+version)
		_, err := shared.client.AppsV1().Deployments(namespace).
			Patch(t.Context(), "web", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
		if err != nil {
			t.Fatal(err)
		}
		awaitDeployment(t, namespace, updated(version))
	}
	n, seen := lowest()
	if n < replicas {
		t.Errorf("there were %d ready pods at some time", n)
	}
	if seen < 3*replicas {
		t.Errorf("saw %d pods only: too few to tell", seen)
	}
}

// watchReady counts the ready pods of a namespace, and returns a function that ends it and returns the lowest number
// that there was, and how many pods there were.
func watchReady(t *testing.T, namespace string) (end func() (lowest, seen int)) {
	t.Helper()
	pods := shared.client.CoreV1().Pods(namespace)
	list, err := pods.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	watcher, err := pods.Watch(ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		t.Fatal(err)
	}
	serving, all := map[string]bool{}, map[string]bool{}
	note := func(pod *corev1.Pod) {
		all[pod.Name] = true
		delete(serving, pod.Name)
		if conditionTrue(pod, corev1.PodReady) && pod.DeletionTimestamp == nil {
			serving[pod.Name] = true
		}
	}
	for _, pod := range list.Items {
		note(&pod)
	}
	lowest := len(serving)
	var watching sync.WaitGroup
	watching.Go(func() {
		for event := range watcher.ResultChan() {
			pod, ok := event.Object.(*corev1.Pod)
			switch {
			case !ok:
				if ctx.Err() == nil {
					t.Errorf("the watch says %v", event.Object)
				}
				return
			case event.Type == watch.Deleted:
				delete(serving, pod.Name)
			default:
				note(pod)
			}
			lowest = min(lowest, len(serving))
		}
	})
	t.Cleanup(cancel)
	return func() (int, int) {
		cancel()
		watcher.Stop()
		watching.Wait()
		return lowest, len(all)
	}
}
