// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTree(t *testing.T) {
	t.Parallel()
	write := func(t *testing.T, path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	grow := func(t *testing.T, path string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString("more"); err != nil {
			t.Fatal(err)
		}
	}
	rename := func(t *testing.T, from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		change func(t *testing.T, in func(string) string)
		want   []string
	}{
		"nothing": {change: func(*testing.T, func(string) string) {}},
		"a file that has grown": {
			change: func(t *testing.T, in func(string) string) { grow(t, in("msgs/1.blk")) },
			want:   []string{"msgs/1.blk"},
		},
		"a new file, and the directory with its name": {
			change: func(t *testing.T, in func(string) string) { write(t, in("msgs/2.blk"), "two") },
			want:   []string{"msgs/2.blk", "msgs"},
		},
		"a file that was replaced by one of the same length, before one that has grown": {
			change: func(t *testing.T, in func(string) string) {
				grow(t, in("msgs/0.blk"))
				write(t, in("msgs/1.tmp"), "one")
				rename(t, in("msgs/1.tmp"), in("msgs/1.blk"))
			},
			want: []string{"msgs/1.blk", "msgs/0.blk", "msgs"},
		},
		"a directory that was replaced, with all that is in it": {
			change: func(t *testing.T, in func(string) string) {
				if err := os.Mkdir(in("new"), 0o700); err != nil {
					t.Fatal(err)
				}
				rename(t, in("msgs/1.blk"), in("new/1.blk"))
				rename(t, in("msgs"), in("old"))
				rename(t, in("new"), in("msgs"))
				if err := os.RemoveAll(in("old")); err != nil {
					t.Fatal(err)
				}
			},
			want: []string{"msgs/1.blk", ".", "msgs"},
		},
		"not what was removed": {change: func(t *testing.T, in func(string) string) {
			if err := os.Remove(in("msgs/0.blk")); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			in := func(path string) string { return filepath.Join(dir, path) }
			if err := os.Mkdir(in("msgs"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, in("msgs/0.blk"), "zero")
			write(t, in("msgs/1.blk"), "one")
			var synced []string
			tree := newTree(dir)
			tree.whole = func(string) error { synced = append(synced, "all"); return nil }
			tree.sync = func(path string) error {
				relative, err := filepath.Rel(dir, path)
				synced = append(synced, relative)
				return err
			}
			flush := func(want ...string) {
				t.Helper()
				synced = nil
				if err := tree.flush(); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, synced); diff != "" {
					t.Errorf("synced (-want +got):\n%s", diff)
				}
			}
			flush("all")
			flush()
			c.change(t, in)
			flush(c.want...)
			flush()
		})
	}
}

func TestTreeTellsOfFailures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	tree := newTree(dir)
	if err := tree.flush(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("input/output error")
	tree.sync = func(string) error { return broken }
	if err := tree.flush(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(file, []byte("more"), 0o600); err != nil {
		t.Fatal(err)
	}
	tree.sync = func(path string) error { return &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist} }
	if err := tree.flush(); err != nil {
		t.Errorf("a file that is gone when it is to be synced is no failure, but %v", err)
	}
	if err := newTree(filepath.Join(dir, "missing")).flush(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
