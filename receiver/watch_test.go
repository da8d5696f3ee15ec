// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/test/cluster/agent/atomicdir"
)

// look watches a folder as reload does: each time it is called, it reads a file.
type look struct {
	seen chan string
	stop func() error
}

// watched starts to watch a folder and returns when it is watched.
func watched(t *testing.T, folder, file string) *look {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l, done := &look{seen: make(chan string, 1000)}, make(chan error, 1)
	go func() {
		done <- watch(ctx, folder, func() {
			text, err := os.ReadFile(filepath.Join(folder, file))
			if err != nil {
				text = []byte("nothing")
			}
			l.seen <- string(text)
		})
	}()
	var err error
	l.stop = func() error {
		cancel()
		select {
		case err = <-done:
			done <- err
		case <-time.After(patience):
			t.Fatal("it does not end with its context")
		}
		return err
	}
	t.Cleanup(func() {
		if err := l.stop(); err != nil {
			t.Error(err)
		}
	})
	select { // the first look comes as soon as everything is watched
	case <-l.seen:
	case <-time.After(patience):
		t.Fatal("it does not look at first")
	}
	return l
}

// sees waits until a look finds a text in the file.
func (l *look) sees(t *testing.T, want string) {
	t.Helper()
	last, end := "", time.After(patience)
	for last != want {
		select {
		case last = <-l.seen:
		case <-end:
			t.Fatalf("the last look found %q, want %q", last, want)
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Run("sees that kubelet swaps its link, again and again", func(t *testing.T) {
		t.Parallel()
		dir, err := atomicdir.New(t.TempDir())
		must(t, err)
		volume := func(text string) {
			must(t, dir.Write(atomicdir.Files{"secrets/current": {Data: []byte(text), Mode: 0o600}}))
		}
		volume("0")
		l := watched(t, dir.Path(), "secrets/current")
		for i := range 3 {
			text := fmt.Sprint(i + 1)
			volume(text)
			l.sees(t, text)
		}
	})
	for name, change := range map[string]func(t *testing.T, folder string){
		"a file is written in place": func(t *testing.T, folder string) {
			write(t, filepath.Join(folder, "file"), "new")
		},
		"a file is replaced, as editors do": func(t *testing.T, folder string) {
			write(t, filepath.Join(folder, "file.tmp"), "new")
			must(t, os.Rename(filepath.Join(folder, "file.tmp"), filepath.Join(folder, "file")))
		},
		"a file appears again": func(t *testing.T, folder string) {
			must(t, os.Remove(filepath.Join(folder, "file")))
			write(t, filepath.Join(folder, "file"), "new")
		},
	} {
		t.Run("sees that "+name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			write(t, filepath.Join(folder, "file"), "old")
			l := watched(t, folder, "file")
			change(t, folder)
			l.sees(t, "new")
		})
		t.Run("sees below a folder that "+name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			must(t, os.Mkdir(filepath.Join(folder, "secrets"), 0o700))
			write(t, filepath.Join(folder, "secrets", "file"), "old")
			l := watched(t, folder, "secrets/file")
			change(t, filepath.Join(folder, "secrets"))
			l.sees(t, "new")
		})
		t.Run("sees behind a link to the folder that "+name, func(t *testing.T) {
			t.Parallel()
			folder, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
			must(t, os.Symlink(folder, link))
			write(t, filepath.Join(folder, "file"), "old")
			l := watched(t, link, "file")
			change(t, folder)
			l.sees(t, "new")
		})
	}
	t.Run("sees changes in folders that came later", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		l := watched(t, folder, "later/file")
		must(t, os.Mkdir(filepath.Join(folder, "later"), 0o700))
		l.sees(t, "nothing")
		for i := range 3 {
			write(t, filepath.Join(folder, "later", "file"), fmt.Sprint(i))
			l.sees(t, fmt.Sprint(i))
		}
	})
	t.Run("sees that a file is gone", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		write(t, filepath.Join(folder, "file"), "old")
		l := watched(t, folder, "file")
		must(t, os.Remove(filepath.Join(folder, "file")))
		l.sees(t, "nothing")
	})
	t.Run("is not put off by changes that never end", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		write(t, filepath.Join(folder, "file"), "old")
		l := watched(t, folder, "file")
		ctx, stop := context.WithCancel(t.Context())
		written := make(chan struct{})
		go func() {
			defer close(written)
			for ctx.Err() == nil {
				_ = os.WriteFile(filepath.Join(folder, "busy"), []byte("x"), 0o600)
			}
		}()
		write(t, filepath.Join(folder, "file"), "new")
		l.sees(t, "new")
		stop()
		<-written
	})
	t.Run("outlives the folder", func(t *testing.T) {
		t.Parallel()
		folder := filepath.Join(t.TempDir(), "folder")
		must(t, os.Mkdir(folder, 0o700))
		write(t, filepath.Join(folder, "file"), "old")
		l := watched(t, folder, "file")
		must(t, os.RemoveAll(folder))
		l.sees(t, "nothing")
		if testing.Short() {
			t.Skip("the rest takes as long as a receiver may take to look without being notified: 30 seconds")
		}
		must(t, os.Mkdir(folder, 0o700))
		write(t, filepath.Join(folder, "file"), "new")
		select { // one that is longer than recheck
		case text := <-l.seen:
			if text != "new" {
				t.Errorf("it found %q", text)
			}
		case <-time.After(recheck + patience):
			t.Error("it did not look any more")
		}
		write(t, filepath.Join(folder, "file"), "newer")
		l.sees(t, "newer")
	})
	t.Run("cannot watch what is not there", func(t *testing.T) {
		t.Parallel()
		folder := filepath.Join(t.TempDir(), "missing")
		if err := watch(t.Context(), folder, func() {}); err == nil {
			t.Error("no error")
		}
	})
}
