// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// storeFailed is what a receiver says once its disk has failed.
const storeFailed = "the queue engine has stopped, most likely because its disk failed or is full"

// TestFullDisk fills the disk below the queue, which its own limit should prevent.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	d.does(t, "mount -t tmpfs -o size=4m tmpfs $dir")
	taken, v, dir := serve(t, nil), mount(t, settings(raw("erp", nobody))), d.path(t, "data")
	r := start(t, v, dir, "--drain-timeout", "1ms")
	accepted := r.overflows(t)
	r.failed(t, "no space left on device")
	r.terminate()
	if code := r.exits(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	r = launch(t, "", "--config", v.config(), "--data-dir", dir)
	r.fails(t, v, "no space left on device")

	d.does(t, "mount -o remount,size=64m tmpfs $dir")
	r = start(t, v, dir)
	r.recovers(t, v, taken, accepted)
}

// TestReadOnlyDisk has the disk refuse to be written.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	t.Run("from the start", func(t *testing.T) {
		t.Parallel()
		d := newDisk(t)
		d.does(t, "mount -t tmpfs -o size=64m tmpfs $dir")
		taken, v, dir := serve(t, nil), mount(t, settings(raw("erp", nobody))), d.path(t, "data")
		r := start(t, v, dir)
		var accepted []string
		p := newPoster(t)
		for range 10 {
			event := fresh(t, superoffice.ActivityCreated)
			r.accepts(t, p, event)
			accepted = append(accepted, string(event))
		}
		r.kill()
		d.does(t, "mount -o remount,ro tmpfs $dir")
		launch(t, "", "--config", v.config(), "--data-dir", dir).fails(t, v, dir, "read-only file system")

		d.does(t, "mount -o remount,rw tmpfs $dir")
		start(t, v, dir).recovers(t, v, taken, accepted)
	})
	// As a disk whose file system was damaged. What was written and is not on the disk is gone then; so the queue is one
	// that syncs.
	t.Run("while it runs", func(t *testing.T) {
		t.Parallel()
		d := newDisk(t)
		image := filepath.Join(t.TempDir(), "image")
		if err := os.WriteFile(image, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(image, 64<<20); err != nil {
			t.Fatal(err)
		}
		if !d.can("mkfs.ext4 -q " + image + " && mount -o loop,errors=remount-ro " + image + " $dir") {
			t.Skip("no file system can be mounted from a file here, which takes root, loop devices and mkfs.ext4")
		}
		c := settings(raw("erp", nobody))
		c.Queue.Sync = true
		taken, v, dir := serve(t, nil), mount(t, c), d.path(t, "data")
		r, p := start(t, v, dir), newPoster(t)
		var accepted []string
		for range 10 {
			event := fresh(t, superoffice.ActivityCreated)
			r.accepts(t, p, event)
			accepted = append(accepted, string(event))
		}
		d.does(t, "mount -o remount,abort $dir")
		r.answers(t, p, signed(fresh(t, superoffice.ActivityCreated), intake.QueueFailed))
		r.failed(t, "read-only file system")
		r.kill()

		d.does(t, "umount $dir && mount -o loop "+image+" $dir")
		start(t, v, dir).recovers(t, v, taken, accepted)
	})
}

// overflows posts events over several connections until there is no room for any, and returns those that were accepted.
func (r *receiver) overflows(t *testing.T) []string {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	var accepted []string
	for range 4 {
		p := newPoster(t)
		all.Go(func() {
			for {
				event := fresh(t, superoffice.ActivityChanged)
				headers := header(secret, event)
				headers.Set("X-Padding", strings.Repeat("x", 10<<10))
				code, answer, err := p.post(t.Context(), r.intake, headers, event)
				if err != nil || code != http.StatusOK {
					if code != http.StatusServiceUnavailable {
						t.Errorf("answered with %d %q, error %v", code, answer, err)
					}
					return
				}
				mu.Lock()
				accepted = append(accepted, string(event))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return accepted
}

// failed looks at what is told by a receiver whose disk has failed for a reason.
func (r *receiver) failed(t *testing.T, why string) {
	t.Helper()
	r.refuses(t, newPoster(t), fresh(t, superoffice.ActivityChanged), storeFailed, intake.QueueFailed)
	if code, body := r.asks(t, "/healthz"); code != http.StatusServiceUnavailable || !strings.Contains(body, storeFailed) {
		t.Errorf("it shall be restarted, and says %d %q", code, body)
	}
	r.mentions(t, why, "events cannot be stored; SuperOffice is told to try again")
}

// recovers looks whether everything that was accepted is delivered, and new events are.
func (r *receiver) recovers(t *testing.T, v *volume, taken *endpoint, accepted []string) {
	t.Helper()
	if got := int(r.sink(t, "erp").Pending); got < len(accepted) {
		t.Errorf("%d events wait for the sink, and %d were accepted", got, len(accepted))
	}
	if code, body := r.asks(t, "/readyz"); code != http.StatusOK {
		t.Errorf("it is not ready: %d %q", code, body)
	}
	v.configure(t, r, settings(raw("erp", taken.URL)))
	event := fresh(t, superoffice.ActivityChanged)
	r.accepts(t, newPoster(t), event)
	taken.gets(t, event)
	r.settles(t, "erp")
	if n := len(taken.lacks(accepted)); n > 0 {
		t.Errorf("%d of %d events were acknowledged and never delivered", n, len(accepted))
	}
}

// disk is a place where file systems can be mounted that nobody else sees, and that are gone with the test, however it ends:
// they are in a mount namespace, and in that is a shell that ends with its standard input.
type disk struct {
	dir  string
	pid  int
	in   io.Writer
	says *bufio.Reader
}

func newDisk(t *testing.T) *disk {
	t.Helper()
	args := []string{"--mount", "sh"}
	if os.Getuid() != 0 {
		args = append([]string{"--user", "--map-root-user"}, args...)
	}
	cmd := exec.Command("unshare", args...)
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		t.Skipf("nothing can be mounted here: %v", err)
	}
	d := &disk{dir: t.TempDir(), pid: cmd.Process.Pid, in: in, says: bufio.NewReader(out)}
	t.Cleanup(func() { // after the receivers on it were
		in.Close()
		_ = cmd.Wait()
	})
	if !d.can("dir=" + d.dir + " && mount -t tmpfs -o size=1m tmpfs $dir && umount $dir") {
		t.Skip("nothing can be mounted here, which takes root or user namespaces")
	}
	return d
}

// can has the shell do something, and tells whether it could.
func (d *disk) can(command string) bool {
	if _, err := fmt.Fprintf(d.in, "{ %s; } >/dev/null 2>&1; echo $?\n", command); err != nil {
		return false
	}
	line, err := d.says.ReadString('\n')
	return err == nil && line == "0\n"
}

func (d *disk) does(t *testing.T, command string) {
	t.Helper()
	if !d.can(command) {
		t.Fatalf("it could not %s", command)
	}
}

// path is where others find what is mounted.
func (d *disk) path(t *testing.T, name string) string {
	t.Helper()
	root := fmt.Sprintf("/proc/%d/root", d.pid)
	if _, err := os.Stat(root + d.dir); err != nil {
		t.Skipf("what was mounted cannot be seen from outside: %v", err)
	}
	return filepath.Join(root+d.dir, name)
}
