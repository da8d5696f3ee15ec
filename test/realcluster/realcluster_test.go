// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// helperVariable makes the test binary be a program that calls Run. Its value is the archive of the pause image.
const helperVariable = "REALCLUSTER_TEST"

func init() {
	if os.Getenv(helperVariable) != "" {
		runtime.LockOSThread()
	}
}

func TestMain(m *testing.M) {
	image := os.Getenv(helperVariable)
	if image == "" {
		os.Exit(m.Run())
	}
	logs, err := os.MkdirTemp(os.Getenv("TMPDIR"), "logs-")
	if err != nil {
		panic(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := Run(ctx, Options{PauseImage: image, Logs: logs, Command: os.Args[1:], Progress: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	stop()
	os.Exit(code)
}

// helper is a run of a shell script in a cluster, with the folder in which its state lies.
func helper(t *testing.T, script string) (cmd *exec.Cmd, state string) {
	t.Helper()
	image, err := filepath.Abs("../../dist/e2e/pause.tar")
	if err != nil {
		t.Fatal(err)
	}
	if testing.Short() {
		t.Skip("it needs a cluster")
	}
	if err := checkMachine(); err != nil {
		t.Skip(err)
	}
	if _, err := os.Stat(image); err != nil {
		t.Skipf("there is no image for pods' networks, which make prepare-e2e makes: %v", err)
	}
	state = t.TempDir()
	cmd = exec.CommandContext(t.Context(), os.Args[0], "sh", "-c", script)
	cmd.Env = append(os.Environ(), helperVariable+"="+image, "TMPDIR="+state)
	cmd.Stderr = os.Stderr
	return cmd, state
}

// started is a helper whose cluster is up.
func started(t *testing.T) (cmd *exec.Cmd, state string) {
	t.Helper()
	cmd, state = helper(t, "echo up; exec sleep 1000")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
		t.Fatalf("it says %q, error %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return cmd, state
}

func TestCommandEndsTheCluster(t *testing.T) {
	before := groupsThere(t)
	cmd, state := helper(t, `test -s "$KUBECONFIG" && test -n "$E2E_LOAD" && mount | grep -q "tmpfs on /run " && exit 7`)
	err := cmd.Run()
	if code, err := exitCode(err); err != nil || code != 7 {
		t.Errorf("it ended with %d, error %v", code, err)
	}
	wantNothingLeft(t, state, before)
}

func TestSignalEndsTheCluster(t *testing.T) {
	before := groupsThere(t)
	cmd, state := started(t)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	wantNothingLeft(t, state, before)
}

// Nobody can remove files after a violent death, but processes, mounts and the network go.
func TestViolentDeathEndsTheCluster(t *testing.T) {
	cmd, state := started(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	awaitNoProcess(t, state)
	wantNoMounts(t, state)
	left := groups{name: fmt.Sprintf("/superoffice-webhook-%d", cmd.Process.Pid)}
	for _, dir := range groupsThere(t) {
		if strings.HasSuffix(dir, left.name) {
			left.dirs = append(left.dirs, dir)
		}
	}
	if err := left.remove(); err != nil {
		t.Error(err)
	}
}

// awaitNoProcess gives the kernel time to end what was inside.
func awaitNoProcess(t *testing.T, state string) {
	t.Helper()
	limit := time.After(time.Minute)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for len(processesOf(state)) > 0 {
		select {
		case <-ticker.C:
		case <-limit:
			t.Fatalf("there still run %q", processesOf(state))
		}
	}
}

func wantNothingLeft(t *testing.T, state string, groupsBefore []string) {
	t.Helper()
	if left := processesOf(state); len(left) > 0 {
		t.Errorf("there still run %q", left)
	}
	wantNoMounts(t, state)
	if left, _ := filepath.Glob(filepath.Join(state, "superoffice-webhook-realcluster-*")); len(left) > 0 {
		t.Errorf("there are still %q", left)
	}
	for _, dir := range groupsThere(t) {
		if !slices.Contains(groupsBefore, dir) && !ownerLives(dir) {
			t.Errorf("there is still %s", dir)
		}
	}
}

func wantNoMounts(t *testing.T, state string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), state) {
		t.Errorf("something is still mounted in %s:\n%s", state, mounts)
	}
}

// groupsThere are the control groups of clusters, of this test's and others.
func groupsThere(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, pattern := range []string{"/superoffice-webhook-*", "/*/superoffice-webhook-*"} {
		dirs, err := filepath.Glob(controlGroups + pattern)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, dirs...)
	}
	return found
}

// ownerLives tells whether the process that a group is named after is there: other clusters come and go meanwhile.
func ownerLives(dir string) bool {
	_, err := os.Stat("/proc/" + dir[strings.LastIndex(dir, "-")+1:])
	return err == nil
}

// processesOf are the command lines of all processes that name a folder.
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
