// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/watch"
)

// lastWords begins to watch the pod "web" and its log. It returns a function that waits until the pod is gone, and returns its
// last state and its log.
func lastWords(t *testing.T, namespace string) func() (last *corev1.Pod, log string) {
	t.Helper()
	pods := shared.client.CoreV1().Pods(namespace)
	watcher, err := pods.Watch(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=web"})
	if err != nil {
		t.Fatal(err)
	}
	follow, err := pods.GetLogs("web", &corev1.PodLogOptions{Follow: true}).Stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return func() (last *corev1.Pod, log string) {
		t.Helper()
		defer watcher.Stop()
		defer follow.Close()
		end := time.After(patience)
		for {
			select {
			case event := <-watcher.ResultChan():
				pod, ok := event.Object.(*corev1.Pod)
				if !ok {
					t.Fatalf("the watch says %v", event.Object)
				}
				if event.Type == watch.Deleted {
					said, err := io.ReadAll(follow)
					if err != nil {
						t.Error(err)
					}
					return pod, string(said)
				}
			case <-end:
				t.Fatal("the pod is not gone")
			}
		}
	}
}

// deletePod asks for the end of the pod "web". A grace period below 0 leaves it to the pod.
func deletePod(t *testing.T, namespace string, grace int64) {
	t.Helper()
	o := metav1.DeleteOptions{}
	if grace >= 0 {
		o.GracePeriodSeconds = &grace
	}
	if err := shared.client.CoreV1().Pods(namespace).Delete(t.Context(), "web", o); err != nil {
		t.Fatal(err)
	}
}

// podDir is where a pod's processes are and its volumes.
func podDir(pod *corev1.Pod) string { return filepath.Join(shared.state.dir, "pods", string(pod.UID)) }

func TestDeletedPod(t *testing.T) {
	t.Parallel()
	const long = 60 // seconds, in which nothing here ends by itself
	hook := &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{
		HTTPGet: &corev1.HTTPGetAction{Path: "/hook", Port: intstr.FromInt32(port)},
	}}
	sleep := func(seconds int64) *corev1.Lifecycle {
		return &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: seconds}}}
	}
	for name, c := range map[string]struct {
		args  []string
		hook  *corev1.Lifecycle
		own   int64 // the pod's grace period
		asked int64 // that of who deletes it
		exit  int32 // -1 if it does not matter
		log   string
		least time.Duration
	}{
		"ends by SIGTERM within its grace period": {
			own: long, asked: -1, exit: 0, log: "run 1\ngot SIGTERM\n",
		},
		"is killed after its grace period": {
			args: []string{"--stubborn"}, own: 2, asked: -1, exit: 137, log: "run 1\ngot SIGTERM\n", least: 2 * time.Second,
		},
		"is killed after the grace period that is asked for": {
			args: []string{"--stubborn"}, own: long, asked: 2, exit: 137, log: "run 1\ngot SIGTERM\n", least: 2 * time.Second,
		},
		"has its hook called before": {
			hook: hook, own: long, asked: -1, exit: 0, log: "run 1\ngot the hook\ngot SIGTERM\n",
		},
		"has time to sleep before": {
			hook: sleep(1), own: long, asked: -1, exit: 0, log: "run 1\ngot SIGTERM\n", least: time.Second,
		},
		"is not kept by its hook, and has its time even then": {
			hook: sleep(long), own: long, asked: 1, exit: -1, log: "run 1\ngot SIGTERM\n", least: time.Second,
		},
		"is not kept by its hook, and does not have more": {
			args: []string{"--stubborn"}, hook: sleep(long), own: long, asked: 1, exit: 137, log: "run 1\ngot SIGTERM\n", least: 3 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace := newNamespace(t)
			pod := newPod("web", c.args...)
			pod.Spec.TerminationGracePeriodSeconds = &c.own
			pod.Spec.Containers[0].Lifecycle = c.hook
			createPod(t, namespace, pod)
			running := awaitPod(t, namespace, "web", ready)
			gone := lastWords(t, namespace)
			begun := time.Now()
			deletePod(t, namespace, c.asked)
			last, log := gone()

			if took := time.Since(begun); took < c.least || took > long*time.Second {
				t.Errorf("gone after %s, want at least %s", took, c.least)
			}
			if end := firstContainer(last).State.Terminated; end == nil || c.exit >= 0 && end.ExitCode != c.exit {
				t.Errorf("it was last seen as %s", states(last))
			}
			if diff := cmp.Diff(c.log, log); diff != "" {
				t.Errorf("log (-want +got)\n%s", diff)
			}
			awaitNothing(t, running)
		})
	}
}

// awaitNothing waits until nothing is left of a pod on the node.
func awaitNothing(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	awaitNoProcesses(t, podDir(pod))
	eventually(t, func() string {
		if _, err := os.Stat(podDir(pod)); !errors.Is(err, fs.ErrNotExist) {
			return "the pod's directory is left"
		}
		return ""
	})
}

func TestShorterGracePeriodIsHeeded(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	grace := int64(600)
	pod := newPod("web", "--stubborn")
	pod.Spec.TerminationGracePeriodSeconds = &grace
	createPod(t, namespace, pod)
	awaitPod(t, namespace, "web", ready)
	gone := lastWords(t, namespace)
	deletePod(t, namespace, -1)
	awaitPod(t, namespace, "web", func(p *corev1.Pod) string {
		if p.DeletionTimestamp == nil {
			return "is not being deleted"
		}
		return ""
	})
	deletePod(t, namespace, 1)
	if last, _ := gone(); firstContainer(last).State.Terminated == nil {
		t.Errorf("it was last seen as %s", states(last))
	}
}

func TestPodDeletedByForce(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createPod(t, namespace, newPod("web", "--stubborn"))
	first := awaitPod(t, namespace, "web", ready)
	deletePod(t, namespace, 0)
	_, err := shared.client.CoreV1().Pods(namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the API server still has the pod: error %v", err)
	}
	// Another one of the same name has nothing to do with it.
	createPod(t, namespace, newPod("web"))
	second := awaitPod(t, namespace, "web", ready)
	if first.UID == second.UID {
		t.Error("it is the same pod")
	}
	awaitNothing(t, first)
	if got := ask(t, namespace, "web", "/run"); got != "1" {
		t.Errorf("run %s", got)
	}
	if processesOf(podDir(second)) == nil {
		t.Error("the second pod has ended, too")
	}
}

func TestDeletedNamespaceTakesItsPodsAlong(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createDeployment(t, namespace, newPod("web"))
	var pods []corev1.Pod
	eventually(t, func() string {
		pods = listPods(t, namespace)
		for _, pod := range pods {
			if problem := ready(&pod); problem != "" {
				return pod.Name + " " + problem
			}
		}
		if len(pods) != replicas {
			return "pods are missing"
		}
		return ""
	})
	if err := shared.client.CoreV1().Namespaces().Delete(t.Context(), namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		found, err := shared.client.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return ""
		case err != nil:
			return err.Error()
		}
		var told []string
		for _, c := range found.Status.Conditions {
			told = append(told, c.Message)
		}
		return "the namespace is left: " + strings.Join(told, "; ")
	})
	for _, pod := range pods {
		awaitNothing(t, &pod)
	}
}
