// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/test/await"
)

// helperVariable makes the test binary be the parent that is killed in TestParentDeath. It says what to start.
const helperVariable = "PROCESS_TEST_SCRIPT"

func TestMain(m *testing.M) {
	if script := os.Getenv(helperVariable); script != "" {
		parent(script)
		return
	}
	goleak.VerifyTestMain(m)
}

// parent starts a script, says the number of its process, and waits for a violent death.
func parent(script string) {
	s := NewSpawner()
	p, err := s.Start(Command{Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, p.PID())
	<-p.Done()
}

// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
const patience = 30 * time.Second

// newSpawner returns a Spawner that is closed with the test.
func newSpawner(t *testing.T) *Spawner {
	t.Helper()
	s := NewSpawner()
	t.Cleanup(s.Close)
	return s
}

// shell starts a script and returns the process and the file that it writes to.
func shell(t *testing.T, s *Spawner, script string) (p *Process, output string) {
	t.Helper()
	output = filepath.Join(t.TempDir(), "output")
	file, err := os.Create(output)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, err = s.Start(Command{Path: find(t, "sh"), Args: []string{"-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")}, Output: file})
	if err != nil {
		t.Fatal(err)
	}
	return p, output
}

func find(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// says waits until a process has written a line, and returns all of them.
func says(t *testing.T, output, line string) []string {
	t.Helper()
	var lines []string
	eventually(t, func() string {
		lines = strings.Split(strings.TrimSpace(read(t, output)), "\n")
		for _, l := range lines {
			if strings.HasPrefix(l, line) {
				return ""
			}
		}
		return "it never said " + line
	})
	return lines
}

// awaitEnd waits for the end of a process and of everything that this package does for it.
func awaitEnd(t *testing.T, p *Process) {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(patience):
		t.Fatal("the process does not end")
	}
}

// gone waits until a process has ended.
func gone(t *testing.T, pid int) {
	t.Helper()
	eventually(t, func() string {
		if ended(pid) {
			return ""
		}
		return fmt.Sprintf("process %d runs on", pid)
	})
}

// ended tells whether a process has. Where nobody reaps orphans, they keep their number.
func ended(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // there is none but on Linux
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}

// eventually waits until a condition holds; it says why it does not.
var eventually = await.Within(patience)
