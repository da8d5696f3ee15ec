// SPDX-License-Identifier: Apache-2.0

package binaries

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/test/cluster/dirlock"
)

// source makes a module with one program, and a folder for what is compiled.
func source(t *testing.T, code string) (p pin, path string) {
	t.Helper()
	p = pin{dir: t.TempDir(), version: "v1.2.3"}
	for name, text := range map[string]string{"go.mod": "module example.org/program\n\ngo 1.26\n", "main.go": code} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p, filepath.Join(t.TempDir(), "program")
}

var program = recipe{module: etcd, pkg: "example.org/program", estimate: "at once"}

// onlyIn checks that a folder holds these files and no others.
func onlyIn(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("there is %q, want %q", got, names)
	}
}

func TestCompile(t *testing.T) {
	t.Parallel()
	t.Run("makes a program and says what it does", func(t *testing.T) {
		t.Parallel()
		p, path := source(t, "package main\n\nfunc main() { println(\"hello\") }\n")
		f := newFinder(t)
		var said strings.Builder
		f.Progress = &said
		if err := f.compile(t.Context(), "program", program, p, path); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), path).CombinedOutput(); err != nil || string(out) != "hello\n" {
			t.Errorf("it says %q, error %v", out, err)
		}
		onlyIn(t, filepath.Dir(path), "program")
		begun, done := "compiling program v1.2.3 (once, at once)…\n", "compiled program v1.2.3 in "
		if got := said.String(); !strings.HasPrefix(got, begun) || !strings.Contains(got, done) {
			t.Errorf("said %q", got)
		}
	})
	t.Run("shows what the compiler complains of, and leaves nothing", func(t *testing.T) {
		t.Parallel()
		p, path := source(t, "package main\n\nfunc main() { missing() }\n")
		err := newFinder(t).compile(t.Context(), "program", program, p, path)
		if err == nil || !strings.HasPrefix(err.Error(), "compile program: go build ended with exit code 1\n") || !strings.Contains(err.Error(), "undefined: missing") {
			t.Errorf("got %v", err)
		}
		onlyIn(t, filepath.Dir(path))
	})
	t.Run("ends with its context, and leaves nothing", func(t *testing.T) {
		t.Parallel()
		p, path := source(t, "package main\n\nfunc main() {}\n")
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("waited long enough")
		cancel(enough)
		if err := newFinder(t).compile(ctx, "program", program, p, path); !errors.Is(err, enough) {
			t.Errorf("got %v, want %v", err, enough)
		}
		onlyIn(t, filepath.Dir(path))
	})
}

func TestCompiledProgramIsTakenFromTheCache(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	pinned, err := etcd.read()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := cacheDir(etcd, pinned)
	if err != nil {
		t.Fatal(err)
	}
	want := place(t, dir, Etcd)
	if got, err := newFinder(t).compiled(t.Context(), Etcd); err != nil || got != want {
		t.Errorf("got %q, error %v, want %q", got, err, want)
	}
}

func TestProgramThatAnotherProcessCompilesIsWaitedFor(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	pinned, err := etcd.read()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := cacheDir(etcd, pinned)
	if err != nil {
		t.Fatal(err)
	}
	other, err := dirlock.Try(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := newFinder(t)
	var said strings.Builder
	f.Progress = &said
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if path, err := f.compiled(ctx, Etcd); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %q, error %v while another one compiles", path, err)
	}

	found := make(chan string, 1)
	go func() {
		path, err := f.compiled(t.Context(), Etcd)
		if err != nil {
			path = err.Error()
		}
		found <- path
	}()
	want := place(t, dir, Etcd) // the other process is done
	other.Release()
	if got := <-found; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if strings.Contains(said.String(), "compiling etcd") {
		t.Error("it was compiled once more")
	}
}
