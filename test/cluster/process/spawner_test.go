// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestStart(t *testing.T) {
	t.Parallel()
	s := newSpawner(t)
	t.Run("writes both outputs to one file", func(t *testing.T) {
		t.Parallel()
		p, output := shell(t, s, "echo one; echo two >&2; echo three")
		awaitEnd(t, p)
		if got := read(t, output); got != "one\ntwo\nthree\n" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("runs without an output", func(t *testing.T) {
		t.Parallel()
		p, err := s.Start(Command{Path: find(t, "sh"), Args: []string{"-c", "echo lost; exit 4"}})
		if err != nil {
			t.Fatal(err)
		}
		if code, _ := p.Exit(); code != 4 {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("hands over the environment that was named and nothing else", func(t *testing.T) {
		t.Parallel()
		for _, environment := range [][]string{nil, {"ONLY=this"}} {
			output := filepath.Join(t.TempDir(), "output")
			file, err := os.Create(output)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.Start(Command{Path: find(t, "env"), Env: environment, Output: file})
			file.Close()
			if err != nil {
				t.Fatal(err)
			}
			awaitEnd(t, p)
			if got, want := strings.Fields(read(t, output)), environment; !slices.Equal(got, want) {
				t.Errorf("it sees %d variables, want %q", len(got), want) // not which: they may be secrets
			}
		}
	})
	t.Run("runs in the directory that was named", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		p, err := s.Start(Command{Path: find(t, "sh"), Args: []string{"-c", "echo here >file"}, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		awaitEnd(t, p)
		if got := read(t, filepath.Join(dir, "file")); got != "here\n" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("names a program that cannot be started", func(t *testing.T) {
		t.Parallel()
		missing := filepath.Join(t.TempDir(), "missing")
		_, err := s.Start(Command{Path: missing})
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "start "+missing) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("serves many at a time", func(t *testing.T) {
		t.Parallel()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				p, err := s.Start(Command{Path: find(t, "sh"), Args: []string{"-c", "exit 6"}})
				if err != nil {
					t.Error(err)
					return
				}
				if code, _ := p.Exit(); code != 6 {
					t.Errorf("exit code %d", code)
				}
			})
		}
		all.Wait()
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	t.Run("kills what runs and waits for it", func(t *testing.T) {
		t.Parallel()
		s := NewSpawner()
		var running []*Process
		for range 3 {
			p, output := shell(t, s, `trap '' TERM; echo ready; while :; do sleep 1; done`)
			says(t, output, "ready")
			running = append(running, p)
		}
		s.Close()
		for _, p := range running {
			select {
			case <-p.Done():
			default:
				t.Error("a process runs on")
			}
			if _, signal := p.Exit(); signal != syscall.SIGKILL {
				t.Errorf("ended by signal %d", signal)
			}
		}
	})
	t.Run("lets nothing be started afterwards", func(t *testing.T) {
		t.Parallel()
		s := NewSpawner()
		s.Close()
		if _, err := s.Start(Command{Path: find(t, "sh")}); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("may come several times, and while others start programs", func(t *testing.T) {
		t.Parallel()
		s := NewSpawner()
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				if i%4 == 3 {
					s.Close()
					return
				}
				p, err := s.Start(Command{Path: find(t, "sleep"), Args: []string{"1000"}})
				switch {
				case err == nil:
					<-p.Done()
				case !errors.Is(err, ErrClosed):
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}
