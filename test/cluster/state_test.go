// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// These tests change the environment, so that they do not run beside others.
func TestState(t *testing.T) {
	open := func(t *testing.T) *state {
		t.Helper()
		s, err := newState(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.lock.Release)
		return s
	}
	gone := func(s *state) bool {
		_, err := os.Stat(s.dir)
		return errors.Is(err, fs.ErrNotExist)
	}
	t.Run("is this user's alone", func(t *testing.T) {
		t.Setenv("TMPDIR", t.TempDir())
		s := open(t)
		for _, dir := range []string{s.dir, filepath.Dir(s.dir)} {
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%s has mode %v, error %v", dir, info.Mode(), err)
			}
		}
	})
	t.Run("is removed by its owner", func(t *testing.T) {
		t.Setenv("TMPDIR", t.TempDir())
		s := open(t)
		if err := os.WriteFile(s.path("file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.remove(); err != nil || !gone(s) {
			t.Errorf("gone: %t, error %v", gone(s), err)
		}
	})
	t.Run("is removed by the next one when its owner is dead, and not before", func(t *testing.T) {
		t.Setenv("TMPDIR", t.TempDir())
		dead, alive := open(t), open(t)
		dead.lock.Release() // as the kernel does
		// Who starts a program has the lock for a moment, too: see package dirlock.
		eventually(t, func() string {
			next := open(t)
			if err := next.remove(); err != nil {
				t.Fatal(err)
			}
			if !gone(dead) {
				return "the state of the dead is left"
			}
			return ""
		})
		if gone(alive) {
			t.Error("the state of somebody alive is gone")
		}
	})
	for name, prepare := range map[string]func(base string) error{
		"is not put where a link leads": func(base string) error { return os.Symlink(filepath.Dir(base), base) },
		"is not put where others can write": func(base string) error {
			if err := os.Mkdir(base, 0o700); err != nil {
				return err
			}
			return os.Chmod(base, 0o777)
		},
	} {
		t.Run(name, func(t *testing.T) {
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			if err := prepare(filepath.Join(tmp, fmt.Sprintf("superoffice-webhook-cluster-%d", os.Getuid()))); err != nil {
				t.Fatal(err)
			}
			s, err := newState(t.Context())
			if err == nil {
				s.lock.Release()
			}
			if err == nil || !strings.Contains(err.Error(), "not a directory that only this user can change") {
				t.Errorf("got %v", err)
			}
		})
	}
}
