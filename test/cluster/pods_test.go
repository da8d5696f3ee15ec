// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// newNamespace returns the name of a new namespace, which is deleted with the test.
func newNamespace(t *testing.T, labels ...string) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-", Labels: map[string]string{}}}
	for _, label := range labels {
		key, value, _ := strings.Cut(label, "=")
		namespace.Labels[key] = value
	}
	made, err := shared.client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the test's context has ended by then
		_ = shared.client.CoreV1().Namespaces().Delete(context.Background(), made.Name, metav1.DeleteOptions{})
	})
	return made.Name
}

// newPod describes a pod with one container, "main", that runs the program of these tests. It is given up after a
// second when it is deleted.
func newPod(name string, args ...string) *corev1.Pod {
	grace := int64(1)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: &grace,
			Containers: []corev1.Container{{
				Name:           "main",
				Image:          image + ":v1",
				Args:           args,
				Env:            []corev1.EnvVar{{Name: roleVariable, Value: "pod"}},
				Ports:          []corev1.ContainerPort{{Name: "web", ContainerPort: port}},
				ReadinessProbe: get("/ready"),
			}},
		},
	}
}

// get is a probe of the program that decides at once.
func get(path string) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:     corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString("web")}},
		PeriodSeconds:    1,
		TimeoutSeconds:   10, // the machine may be busy
		FailureThreshold: 1,
	}
}

// mount adds a volume to a pod and mounts it in its first container.
func mount(pod *corev1.Pod, name, path string, source corev1.VolumeSource) {
	pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: source})
	c := &pod.Spec.Containers[0]
	c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: name, MountPath: path})
}

// emptyDir is a volume that programs fill.
func emptyDir() corev1.VolumeSource {
	return corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
}

func createPod(t *testing.T, namespace string, pod *corev1.Pod) *corev1.Pod {
	t.Helper()
	made, err := shared.client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// awaitPod waits until there is nothing to complain about in a pod.
func awaitPod(t *testing.T, namespace, name string, why func(*corev1.Pod) string) *corev1.Pod {
	t.Helper()
	var pod *corev1.Pod
	eventually(t, func() string {
		var err error
		if pod, err = shared.client.CoreV1().Pods(namespace).Get(t.Context(), name, metav1.GetOptions{}); err != nil {
			return err.Error()
		}
		if problem := why(pod); problem != "" {
			return fmt.Sprintf("pod %s: %s; it is %s: %s", name, problem, pod.Status.Phase, states(pod))
		}
		return ""
	})
	return pod
}

// states tell the state of a pod's containers, for those who wonder why a test fails.
func states(pod *corev1.Pod) string {
	all := append(append([]corev1.ContainerStatus(nil), pod.Status.InitContainerStatuses...), pod.Status.ContainerStatuses...)
	text, _ := json.Marshal(all)
	return string(text)
}

func ready(pod *corev1.Pod) string {
	if conditionTrue(pod, corev1.PodReady) {
		return ""
	}
	return "is not ready"
}

func conditionTrue(pod *corev1.Pod, of corev1.PodConditionType) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == of {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// awaits says for what a container should wait.
func awaits(reason, message string) func(*corev1.Pod) string {
	return func(pod *corev1.Pod) string {
		for _, c := range pod.Status.ContainerStatuses {
			if w := c.State.Waiting; w != nil && w.Reason == reason && strings.Contains(w.Message, message) {
				return ""
			}
		}
		return fmt.Sprintf("does not wait with the reason %s and %q", reason, message)
	}
}

// restarted says how often the container should have been restarted, and be ready again.
func restarted(times int32) func(*corev1.Pod) string {
	return func(pod *corev1.Pod) string {
		if n := firstContainer(pod).RestartCount; n != times {
			return fmt.Sprintf("was restarted %d times, want %d", n, times)
		}
		return ready(pod)
	}
}

// firstContainer is the status of the first container, empty before there is one.
func firstContainer(pod *corev1.Pod) corev1.ContainerStatus {
	if len(pod.Status.ContainerStatuses) == 0 {
		return corev1.ContainerStatus{}
	}
	return pod.Status.ContainerStatuses[0]
}

// awaitEvent waits until an Event tells something about a pod.
func awaitEvent(t *testing.T, namespace, pod, reason, message string) {
	t.Helper()
	eventually(t, func() string {
		list, err := shared.client.CoreV1().Events(namespace).List(t.Context(), metav1.ListOptions{
			FieldSelector: "involvedObject.name=" + pod,
		})
		if err != nil {
			return err.Error()
		}
		var told []string
		for _, e := range list.Items {
			if e.Reason == reason && strings.Contains(e.Message, message) {
				return ""
			}
			told = append(told, e.Reason+": "+e.Message)
		}
		return fmt.Sprintf("no event %s tells of %q, but: %s", reason, message, strings.Join(told, "; "))
	})
}

// ask gets an answer from the program in a pod.
func ask(t *testing.T, namespace, pod, path string) string {
	t.Helper()
	return request(t, http.MethodGet, namespace, pod, path)
}

// tell has the program in a pod do something.
func tell(t *testing.T, namespace, pod, path string) {
	t.Helper()
	request(t, http.MethodPost, namespace, pod, path)
}

func request(t *testing.T, method, namespace, pod, path string) string {
	t.Helper()
	address, err := shared.PodAddress(namespace, pod)
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + net.JoinHostPort(address, strconv.Itoa(port)) + path
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %s, error %v: %s", path, response.Status, err, body)
	}
	return string(body)
}

// askJSON gets an answer that is JSON.
func askJSON[T any](t *testing.T, namespace, pod, path string) (answer T) {
	t.Helper()
	if err := json.Unmarshal([]byte(ask(t, namespace, pod, path)), &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// awaitListening waits until the program in a pod can be asked something. A process runs some time before it listens.
func awaitListening(t *testing.T, namespace, pod string) {
	t.Helper()
	eventually(t, func() string {
		address, err := shared.PodAddress(namespace, pod)
		if err != nil {
			return err.Error()
		}
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
		if err != nil {
			return err.Error()
		}
		connection.Close()
		return ""
	})
}
