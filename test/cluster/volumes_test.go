// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// createConfigMap makes the ConfigMap "settings".
func createConfigMap(t *testing.T, namespace string, data map[string]string) {
	t.Helper()
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings"}, Data: data}
	if _, err := shared.client.CoreV1().ConfigMaps(namespace).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// createSecret makes the Secret "keys".
func createSecret(t *testing.T, namespace string, data map[string]string) {
	t.Helper()
	object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "keys"}, StringData: data}
	if _, err := shared.client.CoreV1().Secrets(namespace).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// projected brings both together.
func projected() corev1.VolumeSource {
	return corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
		{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "settings"}}},
		{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "keys"}}},
	}}}
}

// askFile reads a file as the program in the pod "web".
func askFile(t *testing.T, namespace, path string) string {
	t.Helper()
	return ask(t, namespace, "web", "/file?path="+url.QueryEscape(path))
}

func TestProgramIsGivenItsArgumentsAndEnvironment(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createSecret(t, namespace, map[string]string{"user": "alibaba"})
	createConfigMap(t, namespace, map[string]string{"color": "blue"})

	pod := newPod("web", "--data=/data/inner", "--token=$(USER)", "--", "/etc/app/color", "$(UNKNOWN)")
	pod.Spec.Containers[0].Command = []string{"/usr/local/bin/" + filepath.Base(imageProgram(t))} // the image's own program
	mount(pod, "data", "/data/inner", emptyDir())
	mount(pod, "app", "/etc/app", projected())
	c := &pod.Spec.Containers[0]
	c.EnvFrom = []corev1.EnvFromSource{{Prefix: "SET_", ConfigMapRef: &corev1.ConfigMapEnvSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: "settings"},
	}}}
	c.Env = append(c.Env,
		corev1.EnvVar{Name: "ADDRESS", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}},
		corev1.EnvVar{Name: "USER", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: "keys"}, Key: "user",
		}}},
		corev1.EnvVar{Name: "URL", Value: "http://$(USER)@$(ADDRESS)"},
		corev1.EnvVar{Name: "FILE", Value: "/etc/app/color"},
	)
	createPod(t, namespace, pod)
	running := awaitPod(t, namespace, "web", ready)

	args := askJSON[[]string](t, namespace, "web", "/args")
	if len(args) != 5 || strings.HasPrefix(args[0], "--data=/data") || !strings.HasSuffix(args[3], "/color") {
		t.Fatalf("arguments %q", args)
	}
	if diff := cmp.Diff([]string{"--token=alibaba", "--", "$(UNKNOWN)"}, []string{args[1], args[2], args[4]}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := askFile(t, namespace, args[3]); got != "blue" {
		t.Errorf("the file that the arguments name holds %q", got)
	}

	got := askJSON[map[string]string](t, namespace, "web", "/environment")
	ip := running.Status.PodIP
	for name, want := range map[string]string{
		"SET_color": "blue", "USER": "alibaba", "ADDRESS": ip, "URL": "http://alibaba@" + ip, "FILE": args[3],
		"BIND_ADDRESS": ip, "HOSTNAME": "web", roleVariable: "pod",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	for _, name := range []string{"HOME", "TMPDIR", "PATH"} {
		if got[name] == "" {
			t.Errorf("%s is not set", name)
		}
	}
	const own = 13 // those above, and KUBECONFIG
	if len(got) > own {
		t.Errorf("there are %d variables, want %d: some come from elsewhere", len(got), own)
	}
	if address, err := shared.PodAddress(namespace, "web"); err != nil || address != ip {
		t.Errorf("PodAddress is %q, error %v, want %q", address, err, ip)
	}
}

// imageProgram is the path of the program that stands for the image.
func imageProgram(t *testing.T) string {
	t.Helper()
	images, err := testImages()
	if err != nil {
		t.Fatal(err)
	}
	return images[image]
}

func TestVolumesChangeInPlace(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createSecret(t, namespace, map[string]string{"password": "old"})
	createConfigMap(t, namespace, map[string]string{"color": "old", "gone": "soon"})
	pod := newPod("web", "--data=/data", "--", "/config")
	mount(pod, "data", "/data", emptyDir())
	mount(pod, "config", "/config", projected())
	createPod(t, namespace, pod)
	awaitPod(t, namespace, "web", ready)
	dir := askJSON[[]string](t, namespace, "web", "/args")[2]
	holds := func(name, want string) {
		t.Helper()
		eventually(t, func() string {
			if got := askFile(t, namespace, filepath.Join(dir, name)); got != want {
				return fmt.Sprintf("%s holds %q, want %q", name, got, want)
			}
			return ""
		})
	}
	holds("color", "old")
	holds("password", "old")

	patch := func(kind, body string) {
		t.Helper()
		var err error
		if kind == "Secret" {
			_, err = shared.client.CoreV1().Secrets(namespace).Patch(t.Context(), "keys", types.MergePatchType, []byte(body), metav1.PatchOptions{})
		} else {
			_, err = shared.client.CoreV1().ConfigMaps(namespace).Patch(t.Context(), "settings", types.MergePatchType, []byte(body), metav1.PatchOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	patch("ConfigMap", `{"data":{"color":"new","gone":null}}`)
	holds("color", "new")
	patch("Secret", `{"stringData":{"password":"new"}}`)
	holds("password", "new")

	// What is deleted stays in a pod that runs, and what comes later is taken up.
	if err := shared.client.CoreV1().Secrets(namespace).Delete(t.Context(), "keys", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitEvent(t, namespace, "web", "FailedMount", `secret "keys" not found`)
	holds("password", "new")
	createSecret(t, namespace, map[string]string{"password": "newest"})
	holds("password", "newest")

	if after := awaitPod(t, namespace, "web", ready); firstContainer(after).RestartCount != 0 {
		t.Error("the container was restarted")
	}
	if got := ask(t, namespace, "web", "/run"); got != "1" {
		t.Errorf("run %s", got)
	}
}

func TestPodLabelsInAVolumeChangeInPlace(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	pod := newPod("web", "--", "/about/labels")
	mount(pod, "about", "/about", corev1.VolumeSource{DownwardAPI: &corev1.DownwardAPIVolumeSource{Items: []corev1.DownwardAPIVolumeFile{
		{Path: "labels", FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels"}},
	}}})
	createPod(t, namespace, pod)
	awaitPod(t, namespace, "web", ready)
	path := askJSON[[]string](t, namespace, "web", "/args")[1]
	if got := askFile(t, namespace, path); got != `app="web"` {
		t.Errorf("labels %s", got)
	}
	patch := []byte(`{"metadata":{"labels":{"tier":"front"}}}`)
	if _, err := shared.client.CoreV1().Pods(namespace).Patch(t.Context(), "web", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if got := askFile(t, namespace, path); got != "app=\"web\"\ntier=\"front\"" {
			return "labels " + got
		}
		return ""
	})
}

func TestPodStartsWhenWhatItLacksAppears(t *testing.T) {
	t.Parallel()
	optional := func(key string) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: "keys"}, Key: key,
		}}
	}
	for name, c := range map[string]struct {
		change        func(*corev1.Pod)
		event         string
		waits, reason string
		phase         corev1.PodPhase
	}{
		"a Secret in a volume": {
			func(p *corev1.Pod) {
				mount(p, "keys", "/keys", corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "keys"}})
			},
			"FailedMount", "ContainerCreating", `secret "keys" not found`, corev1.PodPending,
		},
		"a Secret in the environment": {
			func(p *corev1.Pod) {
				p.Spec.Containers[0].Env = append(p.Spec.Containers[0].Env, corev1.EnvVar{Name: "X", ValueFrom: optional("user")})
			},
			"Failed", "CreateContainerConfigError", `secret "keys" not found`, corev1.PodPending,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace := newNamespace(t)
			pod := newPod("web")
			c.change(pod)
			createPod(t, namespace, pod)
			awaitEvent(t, namespace, "web", c.event, c.reason)
			waiting := awaitPod(t, namespace, "web", awaits(c.waits, ""))
			if waiting.Status.Phase != c.phase || firstContainer(waiting).RestartCount != 0 {
				t.Errorf("phase %s, %s", waiting.Status.Phase, states(waiting))
			}
			createSecret(t, namespace, map[string]string{"user": "alibaba"})
			awaitPod(t, namespace, "web", restarted(0))
		})
	}
}
