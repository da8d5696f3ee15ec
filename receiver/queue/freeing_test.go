// SPDX-License-Identifier: Apache-2.0

//go:build unix

package queue

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestFree(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("event"), freeStep)
	for _, c := range []struct {
		name    string
		removed []string // before they are freed
		freed   []string
		kept    []string
	}{
		{"nothing that is still there", nil, nil, []string{"9.blk", "10.blk", "100.blk", "index.db"}},
		{"what was removed", []string{"9.blk", "10.blk"}, []string{"9.blk", "10.blk"}, []string{"100.blk", "index.db"}},
		{"nothing else", []string{"index.db"}, nil, []string{"9.blk", "10.blk", "100.blk"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			open := map[string]*os.File{}
			for _, name := range []string{"9.blk", "10.blk", "100.blk", "index.db"} {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, content, 0o600); err != nil {
					t.Fatal(err)
				}
				f, err := os.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = f.Close() })
				open[name] = f
			}
			h := holdOldest(dir)
			for _, name := range c.removed {
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			h.free(t.Context())
			for _, name := range c.freed {
				if is, err := open[name].Stat(); err != nil || is.Size() > freeStep {
					t.Errorf("%s has %d bytes, error %v", name, is.Size(), err)
				}
			}
			for _, name := range c.kept {
				if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, content) {
					t.Errorf("%s has %d bytes, want %d; error %v", name, len(got), len(content), err)
				}
			}
		})
	}
}

func TestHoldOldest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for n := range 3 * maxHeld {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.blk", 1000-n)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := holdOldest(dir)
	defer h.free(t.Context())
	if len(h) != maxHeld {
		t.Fatalf("%d are held, want %d", len(h), maxHeld)
	}
	for i, f := range h {
		if want := fmt.Sprintf("%d.blk", 1000-3*maxHeld+1+i); filepath.Base(f.Name()) != want {
			t.Errorf("%s is held, want %s", f.Name(), want)
		}
	}
	if h := holdOldest(filepath.Join(dir, "missing")); len(h) > 0 {
		t.Errorf("%d are held of none", len(h))
	}
}

// What the engine removes is among what is held: else it is freed while nothing can be stored.
func TestRemovedBlocksAreHeld(t *testing.T) {
	t.Parallel()
	q := open(t, t.TempDir(), limits)
	dir := q.engine.server.blocks(q.names.events)
	openCursor(t, q, "erp")
	for i := range 5 {
		m := message(fmt.Sprint(i))
		m.Body = bytes.Repeat([]byte("event"), 1<<20)
		if _, err := q.Put(t.Context(), created, superoffice.DedupKey(fmt.Sprint(i)), m); err != nil {
			t.Fatal(err)
		}
	}
	h := holdOldest(dir)
	defer h.free(t.Context())
	info, err := q.stream().Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := q.removeUpTo(t.Context(), q.stream(), info.State, 4); err != nil {
		t.Fatal(err)
	}
	gone := 0
	for _, f := range h {
		var is unix.Stat_t
		if err := unix.Fstat(int(f.Fd()), &is); err != nil {
			t.Fatal(err)
		}
		if is.Nlink == 0 {
			gone++
		}
	}
	if gone == 0 {
		t.Errorf("none of %d held files in %s was removed", len(h), dir)
	}
}
