// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestKilledContainerIsRestartedOnTheSameVolume(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	pod := newPod("web", "--data=/data")
	mount(pod, "data", "/data", emptyDir())
	createPod(t, namespace, pod)
	before := awaitPod(t, namespace, "web", restarted(0))
	if got := ask(t, namespace, "web", "/run"); got != "1" {
		t.Errorf("run %s", got)
	}
	for kill := int32(1); kill <= 3; kill++ {
		if err := shared.Kill(namespace, "web", "main"); err != nil {
			t.Fatal(err)
		}
		after := awaitPod(t, namespace, "web", restarted(kill))
		if got, want := ask(t, namespace, "web", "/run"), fmt.Sprint(kill+1); got != want {
			t.Errorf("run %s, want %s", got, want)
		}
		last := firstContainer(after).LastTerminationState.Terminated
		if last == nil || last.ExitCode != 137 || last.Reason != "Error" || last.ContainerID == firstContainer(after).ContainerID {
			t.Errorf("the last end was %+v", last)
		}
		if after.UID != before.UID || after.Status.PodIP != before.Status.PodIP {
			t.Error("it is another pod, or has another address")
		}
	}
}

func TestKillNamesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createPod(t, namespace, newPod("web"))
	awaitPod(t, namespace, "web", ready)
	for name, c := range map[string]struct{ pod, container, want string }{
		"a pod":       {"missing", "main", "pod " + namespace + "/missing: not found on this node"},
		"a container": {"web", "missing", `no process of container "missing" in pod ` + namespace + "/web: not found on this node"},
	} {
		if err := shared.Kill(namespace, c.pod, c.container); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	if address, err := shared.PodAddress(namespace, "missing"); err == nil {
		t.Errorf("a missing pod has the address %s", address)
	}
}

func TestCrashingContainerBacksOff(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createPod(t, namespace, newPod("web", "--exit=3"))
	for _, delay := range []string{"1s", "2s", "4s"} {
		awaitEvent(t, namespace, "web", "BackOff", "back-off "+delay+" restarting failed container=main pod=web")
	}
	pod := awaitPod(t, namespace, "web", awaits("CrashLoopBackOff", "restarting failed container=main pod=web"))
	if last := firstContainer(pod).LastTerminationState.Terminated; last == nil || last.ExitCode != 3 {
		t.Errorf("the last end was %+v", last)
	}
	if pod.Status.Phase != corev1.PodRunning || firstContainer(pod).RestartCount < 3 {
		t.Errorf("phase %s, restarted %d times", pod.Status.Phase, firstContainer(pod).RestartCount)
	}
}

func TestRestartPolicy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy   corev1.RestartPolicy
		exit     int32
		phase    corev1.PodPhase
		reason   string
		restarts bool
	}{
		"never, after a success":           {corev1.RestartPolicyNever, 0, corev1.PodSucceeded, "Completed", false},
		"never, after a failure":           {corev1.RestartPolicyNever, 3, corev1.PodFailed, "Error", false},
		"only on failure, after a success": {corev1.RestartPolicyOnFailure, 0, corev1.PodSucceeded, "Completed", false},
		"only on failure, after a failure": {corev1.RestartPolicyOnFailure, 3, corev1.PodRunning, "", true},
		"always, after a success":          {corev1.RestartPolicyAlways, 0, corev1.PodRunning, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace := newNamespace(t)
			pod := newPod("job", fmt.Sprintf("--exit=%d", c.exit))
			pod.Spec.RestartPolicy = c.policy
			createPod(t, namespace, pod)
			awaitPod(t, namespace, "job", func(p *corev1.Pod) string {
				if p.Status.Phase != c.phase {
					return "is not " + string(c.phase)
				}
				main := firstContainer(p)
				if c.restarts {
					if main.RestartCount == 0 {
						return "was not restarted"
					}
					return ""
				}
				if end := main.State.Terminated; end == nil || end.ExitCode != c.exit || end.Reason != c.reason || main.RestartCount > 0 {
					return "did not end as it should"
				}
				return ""
			})
		})
	}
}

func TestInitContainersRunOneAfterAnotherBeforeTheOthers(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	pod := newPod("web", "--data=/data")
	mount(pod, "data", "/data", emptyDir())
	for _, name := range []string{"first", "second"} {
		before := *pod.Spec.Containers[0].DeepCopy()
		before.Name, before.Args, before.ReadinessProbe, before.Ports = name, []string{"--data=/data", "--exit=0"}, nil, nil
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, before)
	}
	createPod(t, namespace, pod)
	running := awaitPod(t, namespace, "web", ready)
	if got := ask(t, namespace, "web", "/run"); got != "3" { // each counts its run in the volume
		t.Errorf("the main container was run %s, want the third", got)
	}
	for _, c := range running.Status.InitContainerStatuses {
		if end := c.State.Terminated; end == nil || end.ExitCode != 0 || !c.Ready {
			t.Errorf("init container %s: %+v", c.Name, c)
		}
	}
}

func TestFailingLivenessProbeRestartsTheContainer(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	pod := newPod("web")
	pod.Spec.Containers[0].LivenessProbe = get("/live")
	pod.Spec.Containers[0].StartupProbe = get("/live")
	pod.Spec.Containers[0].StartupProbe.FailureThreshold = 60 // a process runs some time before it listens
	createPod(t, namespace, pod)
	awaitPod(t, namespace, "web", ready)
	tell(t, namespace, "web", "/live?to=false")
	awaitPod(t, namespace, "web", restarted(1))
	awaitEvent(t, namespace, "web", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 503")
	awaitEvent(t, namespace, "web", "Killing", "Container main failed liveness probe, will be restarted")
}

func TestFailingStartupProbeRestartsTheContainer(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	pod := newPod("web", "--unready")
	pod.Spec.Containers[0].StartupProbe = get("/ready")
	createPod(t, namespace, pod)
	running := awaitPod(t, namespace, "web", func(p *corev1.Pod) string {
		if firstContainer(p).RestartCount == 0 {
			return "was not restarted"
		}
		return ""
	})
	if conditionTrue(running, corev1.PodReady) {
		t.Error("it is ready before it has started")
	}
	awaitEvent(t, namespace, "web", "Killing", "Container main failed startup probe, will be restarted")
}

func TestImageWithoutProgram(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	pod := newPod("web")
	pod.Spec.Containers[0].Image = "registry.example:5000/test/unknown:v1"
	createPod(t, namespace, pod)
	const message = `no program stands for image "registry.example:5000/test/unknown"; there are programs for ` + image
	waiting := awaitPod(t, namespace, "web", awaits("ErrImagePull", message))
	if waiting.Status.Phase != corev1.PodPending {
		t.Errorf("phase %s", waiting.Status.Phase)
	}
	awaitEvent(t, namespace, "web", "Failed", message)
}

// What a node of local processes cannot do it says, instead of doing something else.
func TestUnsupportedPodsAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*corev1.Pod)
		message string
	}{
		"subPath": {func(p *corev1.Pod) {
			mount(p, "data", "/data", emptyDir())
			p.Spec.Containers[0].VolumeMounts[0].SubPath = "part"
		}, `subPath of volume mount "/data" is not supported`},
		"exec probe": {func(p *corev1.Pod) {
			p.Spec.Containers[0].ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"true"}}}}
		}, "readinessProbe: only httpGet and tcpSocket are supported"},
		"exec hook": {func(p *corev1.Pod) {
			p.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"true"}}}}
		}, "postStart and exec hooks are not supported"},
		"another program than the image's": {func(p *corev1.Pod) {
			p.Spec.Containers[0].Command = []string{"/bin/sh"}
		}, `exec: "/bin/sh": the image holds nothing but`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace := newNamespace(t)
			pod := newPod("web")
			c.change(pod)
			createPod(t, namespace, pod)
			awaitPod(t, namespace, "web", awaits("CreateContainerConfigError", c.message))
		})
	}
	t.Run("volume of another kind", func(t *testing.T) {
		t.Parallel()
		namespace := newNamespace(t)
		pod := newPod("web")
		mount(pod, "host", "/host", corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}})
		createPod(t, namespace, pod)
		awaitEvent(t, namespace, "web", "FailedMount", `MountVolume.SetUp failed for volume "host"`)
		awaitPod(t, namespace, "web", awaits("ContainerCreating", ""))
	})
	t.Run("sidecar", func(t *testing.T) {
		t.Parallel()
		namespace := newNamespace(t)
		pod := newPod("web")
		always := corev1.ContainerRestartPolicyAlways
		side := *pod.Spec.Containers[0].DeepCopy()
		side.ReadinessProbe = nil
		side.Name, side.RestartPolicy, side.Ports = "side", &always, nil
		pod.Spec.InitContainers = []corev1.Container{side}
		createPod(t, namespace, pod)
		awaitPod(t, namespace, "web", func(p *corev1.Pod) string {
			for _, c := range p.Status.InitContainerStatuses {
				if w := c.State.Waiting; w != nil && w.Reason == "CreateContainerConfigError" && strings.Contains(w.Message, "sidecar init containers are not supported") {
					return ""
				}
			}
			return "is not refused"
		})
	})
}
