// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/superoffice-webhook/operator/test/cluster/binaries"
)

// What the owner of a cluster can be told to start.
const (
	wholeCluster = "whole"
	controlPlane = "control plane"
)

// ownCluster is what the test binary does as the owner of a cluster: it starts one, says where its state is, and stops
// it at the end of its input. It returns the exit code.
func ownCluster(args []string) int {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	images, err := testImages()
	if err != nil {
		return fail("find program", err)
	}
	whole := args[0] == wholeCluster
	c, err := Start(ctx, Options{Images: images, WithoutControllers: !whole})
	if err != nil {
		return fail("start", err)
	}
	if whole {
		if err := runPod(ctx, c); err != nil {
			return fail("run a pod", err)
		}
	}
	fmt.Fprintln(os.Stdout, c.state.dir)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := c.Stop(); err != nil {
		return fail("stop", err)
	}
	return 0
}

// runPod creates a pod and returns when it is ready.
func runPod(ctx context.Context, c *Cluster) error {
	client, err := kubernetes.NewForConfig(c.Config())
	if err != nil {
		return err
	}
	pods := client.CoreV1().Pods(metav1.NamespaceDefault)
	if _, err := pods.Create(ctx, newPod("web", "--stubborn"), metav1.CreateOptions{}); err != nil {
		return err
	}
	return wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		pod, err := pods.Get(ctx, "web", metav1.GetOptions{})
		return err == nil && conditionTrue(pod, corev1.PodReady), err
	})
}

// user is somebody who has nothing but the programs of a cluster: no go command, and no cache of compiled programs.
type user struct {
	dir        string
	credential *syscall.Credential // nil for whoever runs the tests
}

// newUser returns an unprivileged user. Only root can become somebody else.
func newUser(t *testing.T) user {
	t.Helper()
	dir := shortTempDir(t)
	u := user{dir: dir}
	for _, each := range []string{".", "bin", "tmp", "home"} {
		path := filepath.Join(dir, each)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getuid() == 0 {
		const nobody = 65534
		u.credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		for _, each := range []string{"tmp", "home"} {
			if err := os.Chown(filepath.Join(dir, each), nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, p := range []binaries.Program{binaries.Etcd, binaries.APIServer, binaries.ControllerManager} {
		share(t, shared.programs[p], filepath.Join(dir, "bin", string(p)))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	share(t, self, filepath.Join(dir, "bin", "test"))
	return u
}

// shortTempDir returns a directory below which there can be a state directory.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "c") //nolint:usetesting // t.TempDir is too long for Unix sockets below it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// share makes a file available under another path, where others can reach it.
func share(t *testing.T, from, to string) {
	t.Helper()
	if os.Link(from, to) == nil {
		return
	}
	data, err := os.ReadFile(from) // it is on another file system
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o755); err != nil {
		t.Fatal(err)
	}
}

// owner is a process that has started a cluster.
type owner struct {
	cmd   *exec.Cmd
	input io.Closer
	state string
}

// start returns when the cluster is up.
func (u user) start(t *testing.T, what string) *owner {
	t.Helper()
	bin := filepath.Join(u.dir, "bin")
	o := &owner{cmd: exec.CommandContext(t.Context(), filepath.Join(bin, "test"), what)}
	o.cmd.Env = []string{
		roleVariable + "=owner",
		binaries.AssetsVariable + "=" + bin,
		"HOME=" + filepath.Join(u.dir, "home"),
		"TMPDIR=" + filepath.Join(u.dir, "tmp"),
	}
	o.cmd.Dir = u.dir
	o.cmd.Stderr = os.Stderr
	o.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: u.credential}
	input, err := o.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	o.input = input
	output, err := o.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the cluster does not start: %v", errors.Join(err, o.cmd.Wait()))
	}
	o.state = strings.TrimSuffix(line, "\n")
	return o
}

func TestClusterOfAnyUser(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	first := u.start(t, wholeCluster)
	running := processesOf(first.state)
	for _, program := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "test"} {
		path := filepath.Join(u.dir, "bin", program) // and not that of a compiled one
		if !strings.Contains(strings.Join(running, "\n"), " "+path+" ") {
			t.Errorf("%s does not run, but: %s", path, strings.Join(running, "; "))
		}
	}

	if err := first.cmd.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	_ = first.cmd.Wait()
	awaitNoProcesses(t, first.state)
	if _, err := os.Stat(first.state); err != nil {
		t.Errorf("who was killed cannot have removed its state: %v", err)
	}

	second := u.start(t, controlPlane)
	if _, err := os.Stat(first.state); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state of who was killed is still there: %v", err)
	}
	second.input.Close()
	if err := second.cmd.Wait(); err != nil {
		t.Error(err)
	}
	if left := processesOf(second.state); len(left) > 0 {
		t.Errorf("processes are left: %s", strings.Join(left, "; "))
	}
	entries, err := os.ReadDir(filepath.Dir(second.state))
	if err != nil || len(entries) > 0 {
		t.Errorf("%v is left, error %v", entries, err)
	}
}
