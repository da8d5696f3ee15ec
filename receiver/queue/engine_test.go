// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-logr/logr"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("refuses a directory that is open elsewhere, and says so", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		q := open(t, dir, limits)
		if _, err := openQuietly(dir, limits); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
			t.Errorf("got %v", err)
		}
		q.Close()
		open(t, dir, limits)
	})
	t.Run("is open to others once it is closed, whatever programs are being started just then", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		q := open(t, dir, limits)
		started, err := syscall.Dup(int(q.engine.server.lock.Fd())) // as a program has it until it is the new one
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(started)
		q.Close()
		open(t, dir, limits)
	})
	t.Run("opens no port", func(t *testing.T) {
		t.Parallel()
		q := open(t, t.TempDir(), limits)
		if a := q.engine.server.nats.Addr(); a != nil {
			t.Errorf("it listens on %s", a)
		}
	})
	t.Run("says what is wrong with a directory", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openQuietly(file, limits); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("got %v", err)
		}
	})
}

// The engine goes on after a failed write as if nothing were wrong, only that it answers no Put any more. Whoever waits for
// an answer is told at once all the same: SuperOffice waits, too.
func TestFailedDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q, err := Open(t.Context(), dir, limits, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	openCursor(t, q, "erp")
	put(t, q, created, "before")
	if err := q.Alive(); err != nil {
		t.Fatal(err)
	}
	breakWrites(t, filepath.Join(dir, "queue"))

	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := q.Put(ctx, created, "during", message("during")); !errors.Is(err, errStopped) {
		t.Fatalf("Put, of which nothing was written, returned %v", err)
	}
	if q.Alive() == nil || q.Healthy(t.Context()) == nil {
		t.Error("neither readiness nor liveness tells that nothing can be stored any more")
	}
	if _, err := q.Put(t.Context(), created, "after", message("after")); err == nil {
		t.Error("Put succeeded on a failed engine")
	}
	if took := time.Since(began); took > patience {
		t.Errorf("it took %s to find out", took)
	}
	q.Close()

	q = open(t, dir, limits)
	c := openCursor(t, q, "erp")
	ack(t, c, "before")
	nothing(t, c)
	put(t, q, created, "after a restart")
	ack(t, c, "after a restart")
}

// breakWrites makes this process's writes to the blocks of messages below a directory fail, as on a broken disk.
func breakWrites(t *testing.T, dir string) {
	t.Helper()
	readOnly, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	const fds = "/proc/self/fd"
	entries, err := os.ReadDir(fds)
	if err != nil {
		t.Skip("there is no /proc to find open files in")
	}
	broken := 0
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(fds, entry.Name()))
		if err != nil || !strings.HasPrefix(target, dir) || !strings.HasSuffix(target, ".blk") {
			continue
		}
		var fd int
		if _, err := fmt.Sscan(entry.Name(), &fd); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Dup3(int(readOnly.Fd()), fd, syscall.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		broken++
	}
	if broken == 0 {
		t.Fatal("no open block of messages was found")
	}
}
