// SPDX-License-Identifier: Apache-2.0

package process

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestParentDeath(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"takes the child along":                     `exec sleep 1000`,
		"takes a child along that ignores requests": `trap '' TERM INT HUP; while :; do sleep 1; done`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			helper := exec.CommandContext(t.Context(), os.Args[0])
			helper.Env = append(os.Environ(), helperVariable+"="+script)
			helper.Stderr = os.Stderr
			out, err := helper.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := helper.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			child, err := strconv.Atoi(strings.TrimSpace(line))
			if err != nil {
				t.Fatal(err)
			}
			if ended(child) {
				t.Fatal("the child has ended before its parent")
			}
			if err := helper.Process.Kill(); err != nil { // SIGKILL
				t.Fatal(err)
			}
			_ = helper.Wait()
			gone(t, child)
		})
	}
}

// The kernel takes the end of the thread that forked a process for the end of its parent, and Go ends threads.
func TestThreadDeathSparesTheChild(t *testing.T) {
	t.Parallel()
	s := newSpawner(t)
	path, output := find(t, "sh"), filepath.Join(t.TempDir(), "output")
	file, err := os.Create(output)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var p *Process
	onDyingThread(t, func() {
		const script = `trap 'echo alive' USR1; echo ready; while :; do sleep 0.05; done`
		p, err = s.Start(Command{Path: path, Args: []string{"-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")}, Output: file})
	})
	if err != nil {
		t.Fatal(err)
	}
	says(t, output, "ready")
	p.Signal(syscall.SIGUSR1)
	says(t, output, "alive")
}

// onDyingThread calls f on a thread of its own, and returns when that has ended.
func onDyingThread(t *testing.T, f func()) {
	t.Helper()
	thread, busy := make(chan int), make(chan struct{})
	defer close(busy)
	work := func() {
		runtime.LockOSThread() // and never unlocked, so that the thread ends with the goroutine
		f()
		thread <- syscall.Gettid()
	}
	go func() {
		runtime.LockOSThread()
		if syscall.Gettid() != os.Getpid() {
			work()
			return
		}
		go work() // elsewhere: the first thread, on which this is, does not end before the process
		<-busy
		runtime.UnlockOSThread()
	}()
	id := <-thread
	eventually(t, func() string {
		if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", id)); errors.Is(err, fs.ErrNotExist) {
			return ""
		}
		return "the thread lives on"
	})
}
