// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// helperVariable makes the test binary be the command.
const helperVariable = "CLUSTER_COMMAND_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command is a call of the command.
func command(t *testing.T, args ...string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), helperVariable+"=1")
	stderr = &bytes.Buffer{}
	cmd.Stderr = stderr
	return cmd, stderr
}

func TestWrongCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"an image without a program": {
			[]string{"--image=registry.example/program"},
			`invalid value "registry.example/program" for flag -image: "registry.example/program" is not of the form repository=program`,
		},
		"an image without a name":  {[]string{"--image", "=bin/program"}, `"=bin/program" is not of the form repository=program`},
		"an image with neither":    {[]string{"--image", "="}, `"=" is not of the form repository=program`},
		"an image with one of two": {[]string{"--image", "registry.example/program="}, `"registry.example/program=" is not of the form`},
		"a flag that is misspelt":  {[]string{"--imagine=x"}, "flag provided but not defined: -imagine"},
		"a word too many":          {[]string{"up"}, `unexpected argument "up"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, stderr := command(t, c.args...)
			stdout, err := cmd.Output()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 2 || len(stdout) > 0 {
				t.Errorf("it ended with %v and said %q", err, stdout)
			}
			got := stderr.String()
			if strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "cluster: ") || !strings.Contains(got, c.want) {
				t.Errorf("it said %q, want one line with %q", got, c.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	cmd, stderr := command(t, "--help")
	got, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("error %v, %q", err, stderr)
	}
	for _, flag := range []string{"-image repository=program", "-kubeconfig file", "-prepare"} {
		if !strings.Contains(string(got), flag) {
			t.Errorf("%s is not explained in:\n%s", flag, got)
		}
	}
}

func TestImagesAreThoseOfThisRepositoryAndMore(t *testing.T) {
	t.Parallel()
	got, err := parse([]string{"--image", "registry.example:5000/a=bin/a=b", "--image=ghcr.io/superoffice-webhook/manager=/other"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := images{
		"ghcr.io/superoffice-webhook/manager":  "/other",
		"ghcr.io/superoffice-webhook/receiver": "bin/receiver",
		"registry.example:5000/a":              "bin/a=b",
	}
	if diff := cmp.Diff(want, got.images); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.prepareOnly || got.kubeconfig != filepath.Join(".cluster", "kubeconfig") {
		t.Errorf("got %+v", got)
	}
}

func TestClusterIsUpUntilCtrlC(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it needs a cluster")
	}
	kubeconfig := filepath.Join(t.TempDir(), "some", "kubeconfig")
	cmd, stderr := command(t, "--kubeconfig", kubeconfig)
	leaveOld(t, kubeconfig)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	said := readUntil(t, lines, "Press Ctrl-C to end it.", cmd)
	for _, want := range []string{
		"starting etcd, kube-apiserver, kube-controller-manager and the node…\n",
		"the cluster is up. In another terminal:\n",
		"\n  export KUBECONFIG=" + kubeconfig + "\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it did not say %q, but:\n%s", want, said)
		}
	}
	logs := regexp.MustCompile(`logs are in (\S+)\.\n`).FindStringSubmatch(said)
	if logs == nil {
		t.Fatalf("it did not say where the logs are:\n%s", said)
	}
	if _, err := os.Stat(filepath.Join(logs[1], "kube-apiserver.log")); err != nil {
		t.Error(err)
	}
	if len(processesOf(logs[1])) != 3 {
		t.Errorf("there run %s", strings.Join(processesOf(logs[1]), "; "))
	}
	checkKubeconfig(t, kubeconfig)

	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(lines)
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("it ended with %v and said %q", err, stderr)
	}
	if got := string(rest); got != "\nstopping…\n" {
		t.Errorf("in the end it said %q", got)
	}
	for _, path := range []string{kubeconfig, logs[1]} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", path, err)
		}
	}
	if left := processesOf(logs[1]); len(left) > 0 {
		t.Errorf("processes are left: %s", strings.Join(left, "; "))
	}
}

func TestCtrlCWhileItStarts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it needs a cluster")
	}
	cmd, stderr := command(t, "--kubeconfig", filepath.Join(t.TempDir(), "kubeconfig"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	readUntil(t, bufio.NewReader(out), "starting etcd", cmd)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("it ended with %v and said %q", err, stderr)
	}
}

// leaveOld writes a kubeconfig of an earlier cluster that everybody may read.
func leaveOld(t *testing.T, kubeconfig string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(kubeconfig), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kubeconfig, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkKubeconfig uses a kubeconfig, which nobody else may read.
func checkKubeconfig(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(nodes.Items) != 1 {
		t.Fatalf("there are %d nodes", len(nodes.Items))
	}
	for _, c := range nodes.Items[0].Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
			t.Errorf("the node is not ready: %s", c.Message)
		}
	}
}

// readUntil reads what the command says, up to a line that begins with a text.
func readUntil(t *testing.T, lines *bufio.Reader, text string, cmd *exec.Cmd) string {
	t.Helper()
	var said strings.Builder
	for {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		if strings.HasPrefix(line, text) {
			return said.String()
		}
		if err != nil {
			err = cmd.Wait()
			t.Fatalf("it ended with %v and said\n%s%s", err, said.String(), cmd.Stderr)
		}
	}
}

// processesOf are the command lines of all processes that name a directory.
func processesOf(dir string) []string {
	var found []string
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		line, _ := os.ReadFile(path) // it may have just ended
		if command := strings.ReplaceAll(string(line), "\x00", " "); strings.Contains(command, dir) {
			found = append(found, command)
		}
	}
	return found
}
