// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// kubectl is a command as a person would run it, on the shared cluster.
func kubectl(t *testing.T, namespace string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shared.kubectl, append([]string{"--namespace=" + namespace}, args...)...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+shared.Kubeconfig(), "HOME="+t.TempDir()) // with a cache of its own
	return cmd
}

// run returns what a command prints, or the error and what it prints to explain it.
func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%w: %s", err, stderr.String())
	}
	return stdout.String(), nil
}

func TestKubectlLogs(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	pod := newPod("web", "--data=/data")
	mount(pod, "data", "/data", emptyDir())
	createPod(t, namespace, pod)
	awaitPod(t, namespace, "web", ready)
	ask(t, namespace, "web", "/hook") // which says something
	prints := func(want string, args ...string) {
		t.Helper()
		if got, err := output(kubectl(t, namespace, append([]string{"logs"}, args...)...)); err != nil || got != want {
			t.Errorf("logs %s: got %q, error %v, want %q", strings.Join(args, " "), got, err, want)
		}
	}
	refuses := func(want string, args ...string) {
		t.Helper()
		if got, err := output(kubectl(t, namespace, append([]string{"logs"}, args...)...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("logs %s: got %q, error %v, want one with %q", strings.Join(args, " "), got, err, want)
		}
	}

	prints("run 1\ngot the hook\n", "web")
	prints("run 1\ngot the hook\n", "web", "--container=main")
	prints("got the hook\n", "web", "--tail=1")
	prints("run", "web", "--limit-bytes=3")
	refuses("no previous run", "web", "--previous")
	refuses("timestamps is not offered", "web", "--timestamps")

	for run := 2; run <= 3; run++ {
		if err := shared.Kill(namespace, "web", "main"); err != nil {
			t.Fatal(err)
		}
		awaitPod(t, namespace, "web", restarted(int32(run-1)))
		prints(fmt.Sprintf("run %d\n", run), "web")
		want := fmt.Sprintf("run %d\n", run-1)
		if run == 2 {
			want += "got the hook\n"
		}
		prints(want, "web", "--previous")
	}

	follow := kubectl(t, namespace, "logs", "web", "--follow")
	out, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	next := func(want string) {
		t.Helper()
		if line, err := lines.ReadString('\n'); line != want+"\n" {
			t.Errorf("followed %q, error %v, want %q", line, err, want)
		}
	}
	next("run 3")
	ask(t, namespace, "web", "/hook")
	next("got the hook")
	deletePod(t, namespace, -1)
	next("got SIGTERM")
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
		t.Errorf("then %q, error %v", rest, err)
	}
	if err := follow.Wait(); err != nil {
		t.Error(err)
	}
}

func TestKubectlLogsOfACrash(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	pod := newPod("web", "--data=/data", "--exit=3")
	mount(pod, "data", "/data", emptyDir())
	createPod(t, namespace, pod)
	eventually(t, func() string { // until it was asked during one pause
		before := awaitPod(t, namespace, "web", awaits("CrashLoopBackOff", ""))
		log, err := output(kubectl(t, namespace, "logs", "web"))
		if err != nil {
			return err.Error()
		}
		previous, err := output(kubectl(t, namespace, "logs", "web", "--previous"))
		if err != nil {
			return err.Error()
		}
		restarts := firstContainer(before).RestartCount
		after := awaitPod(t, namespace, "web", awaits("CrashLoopBackOff", ""))
		if restarts == 0 || firstContainer(after).RestartCount != restarts {
			return "it was restarted in the meantime"
		}
		want := fmt.Sprintf("run %d\n", restarts+1)
		if log != want || previous != want { // the last run is the previous one, too
			t.Errorf("the log is %q, the previous one %q, want %q", log, previous, want)
		}
		return ""
	})
}

func TestKubectlLogsOfAContainerThatHasNotStarted(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	pod := newPod("web")
	pod.Spec.Containers[0].Image = "registry.example/unknown"
	createPod(t, namespace, pod)
	awaitPod(t, namespace, "web", awaits("ErrImagePull", ""))
	got, err := output(kubectl(t, namespace, "logs", "web"))
	if err == nil || !strings.Contains(err.Error(), "is waiting to start: ErrImagePull") {
		t.Errorf("got %q, error %v", got, err)
	}
}

func TestKubectlPortForward(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createPod(t, namespace, newPod("web"))
	awaitPod(t, namespace, "web", ready)
	forward := kubectl(t, namespace, "port-forward", "pod/web", ":web")
	out, err := forward.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := forward.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	local := regexp.MustCompile(`^Forwarding from (127\.0\.0\.1:\d+) -> 8080\n$`).FindStringSubmatch(line)
	if local == nil {
		t.Fatalf("it says %q, error %v", line, err)
	}
	for range 3 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+local[1]+"/environment", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Close = true // a connection for each
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || !bytes.Contains(body, []byte(`"HOSTNAME":"web"`)) {
			t.Errorf("status %s, %d bytes, error %v", response.Status, len(body), err)
		}
	}
	if err := forward.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = forward.Wait()
}

func TestKubectlExecIsRefused(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	createPod(t, namespace, newPod("web"))
	awaitPod(t, namespace, "web", ready)
	got, err := output(kubectl(t, namespace, "exec", "web", "--", "true"))
	if err == nil || !strings.Contains(err.Error(), "exec is not offered: this node runs containers as processes of the local machine") {
		t.Errorf("got %q, error %v", got, err)
	}
}

func TestKubectlSeesAnOrdinaryNode(t *testing.T) {
	t.Parallel()
	got, err := output(kubectl(t, "default", "get", "nodes", "--no-headers"))
	if fields := strings.Fields(got); err != nil || len(fields) < 5 || fields[0] != NodeName || fields[1] != "Ready" {
		t.Errorf("got %q, error %v", got, err)
	}
	namespace := newNamespace(t)
	createPod(t, namespace, newPod("web"))
	awaitPod(t, namespace, "web", ready)
	got, err = output(kubectl(t, namespace, "get", "pods", "--no-headers"))
	if fields := strings.Fields(got); err != nil || len(fields) < 5 || strings.Join(fields[:4], " ") != "web 1/1 Running 0" {
		t.Errorf("got %q, error %v", got, err)
	}
	got, err = output(kubectl(t, namespace, "wait", "--for=condition=Ready", "pod/web", fmt.Sprintf("--timeout=%s", patience)))
	if err != nil || got != "pod/web condition met\n" {
		t.Errorf("got %q, error %v", got, err)
	}
	awaitEvent(t, namespace, "web", "Scheduled", "Successfully assigned "+namespace+"/web to "+NodeName)
	awaitEvent(t, namespace, "web", "Started", "Started container main")
	pod := awaitPod(t, namespace, "web", ready)
	if !conditionTrue(pod, corev1.PodScheduled) || pod.Spec.NodeName != NodeName {
		t.Errorf("it is on node %q", pod.Spec.NodeName)
	}
}
