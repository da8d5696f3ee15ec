// SPDX-License-Identifier: Apache-2.0

package dirlock

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
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// helperVariable makes the test binary be another process, which locks the directory that it names.
const helperVariable = "DIRLOCK_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperVariable); dir != "" {
		helper(dir)
		return
	}
	os.Exit(m.Run())
}

// helper takes a lock, says so, and keeps it until this process is killed, or told to end by the end of its input.
func helper(dir string) {
	if _, err := Wait(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, "locked")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
const patience = 30 * time.Second

func TestTry(t *testing.T) {
	t.Parallel()
	t.Run("refuses a second lock until the first one is released", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		first := try(t, dir)
		if _, err := Try(dir); !errors.Is(err, ErrLocked) {
			t.Errorf("got %v, want %v", err, ErrLocked)
		}
		first.Release()
		try(t, dir).Release()
	})
	t.Run("tells directories apart", func(t *testing.T) {
		t.Parallel()
		defer try(t, t.TempDir()).Release()
		defer try(t, t.TempDir()).Release()
	})
	t.Run("names a directory that is missing", func(t *testing.T) {
		t.Parallel()
		_, err := Try(filepath.Join(t.TempDir(), "missing"))
		if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrLocked) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("writes nothing into the directory", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		defer try(t, dir).Release()
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("there is %v, error %v", entries, err)
		}
	})
	t.Run("does not share the lock with programs that are started", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		lock := try(t, dir)
		started, err := syscall.Dup(int(lock.dir.Fd())) // as a program has it until it is the new one
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(started)
		defer hold(t, t.TempDir()).end() // it has nothing to do with dir, and runs on
		lock.Release()
		try(t, dir).Release()
	})
}

func TestWait(t *testing.T) {
	t.Parallel()
	t.Run("lets one in at a time", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var inside atomic.Int32
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				lock, err := Wait(ctx, dir)
				if err != nil {
					t.Error(err)
					return
				}
				defer lock.Release()
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d hold the lock", n)
				}
				<-time.After(5 * time.Millisecond) // others try in the meantime
				inside.Add(-1)
			})
		}
		all.Wait()
	})
	t.Run("keeps other processes out, and learns of their end", func(t *testing.T) {
		t.Parallel()
		for name, end := range map[string]func(*holder){
			"an ordinary one":  (*holder).end,
			"death by SIGKILL": (*holder).kill,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				other := hold(t, dir)
				if _, err := Try(dir); !errors.Is(err, ErrLocked) {
					t.Errorf("got %v, want %v", err, ErrLocked)
				}
				end(other)
				try(t, dir).Release()
			})
		}
	})
	t.Run("gives up with its context", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		defer try(t, dir).Release()
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("waited long enough")
		cancel(enough)
		if _, err := Wait(ctx, dir); !errors.Is(err, enough) {
			t.Errorf("got %v, want %v", err, enough)
		}
	})
	t.Run("does not wait for a directory that is missing", func(t *testing.T) {
		t.Parallel()
		if _, err := Wait(t.Context(), filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
}

// try takes a lock that is free.
func try(t *testing.T, dir string) *Lock {
	t.Helper()
	lock, err := Try(dir)
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

// holder is another process, which holds a lock.
type holder struct {
	cmd   *exec.Cmd
	input io.Closer
}

// hold starts a process and returns when it has locked a directory.
func hold(t *testing.T, dir string) *holder {
	t.Helper()
	h := &holder{cmd: exec.CommandContext(t.Context(), os.Args[0])}
	h.cmd.Env = append(os.Environ(), helperVariable+"="+dir)
	h.cmd.Stderr = os.Stderr
	input, err := h.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	h.input = input
	output, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		t.Fatalf("the other process said %q: %v", line, err)
	}
	return h
}

// end has the process end in its own way, without releasing the lock.
func (h *holder) end() {
	_ = h.input.Close()
	_ = h.cmd.Wait()
}

// kill ends it with SIGKILL.
func (h *holder) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}
