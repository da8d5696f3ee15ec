// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// lossyDisk is a disk that keeps nothing but what it was told to: the contents of a file since its last sync, and names.
type lossyDisk struct {
	// journal: each sync takes along all names that are new, as on file systems with a journal of names, but no contents. Else
	// a directory's names are kept when the directory is synced, which is all that POSIX promises.
	journal bool
	root    string

	mu       sync.Mutex
	contents map[uint64][]byte            // by inode
	names    map[uint64]map[string]uint64 // inodes by name, by inode of the directory
	open     map[uint64]*os.File          // so that no inode becomes another file's
}

func newLossyDisk(t *testing.T, root string, journal bool) *lossyDisk {
	t.Helper()
	d := &lossyDisk{journal: journal, root: root, contents: map[uint64][]byte{}, names: map[uint64]map[string]uint64{}, open: map[uint64]*os.File{}}
	t.Cleanup(func() {
		for _, f := range d.open {
			_ = f.Close()
		}
	})
	return d
}

// sync is told what fsync(2) is.
func (d *lossyDisk) sync(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.keep(path); err != nil || !d.journal {
		return err
	}
	return d.each(func(path string, directory bool) error {
		if directory {
			return d.keep(path)
		}
		return nil
	})
}

// whole is told what syncfs(2) is.
func (d *lossyDisk) whole(string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.each(func(path string, _ bool) error { return d.keep(path) })
}

func (d *lossyDisk) each(do func(path string, directory bool) error) error {
	return filepath.WalkDir(d.root, func(path string, e os.DirEntry, err error) error {
		if err == nil {
			err = do(path, e.IsDir())
		}
		if os.IsNotExist(err) {
			return nil
		}
		return err
	})
}

func (d *lossyDisk) keep(path string) error {
	inode, directory, err := d.look(path)
	if err != nil {
		return err
	}
	if !directory {
		d.contents[inode], err = os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", d.open[inode].Fd()))
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	names := map[string]uint64{}
	for _, e := range entries {
		if inode, _, err := d.look(filepath.Join(path, e.Name())); err == nil {
			names[e.Name()] = inode
		}
	}
	d.names[inode] = names
	return nil
}

// look finds out what a path stands for.
func (d *lossyDisk) look(path string) (inode uint64, directory bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, false, err
	}
	inode = info.Sys().(*syscall.Stat_t).Ino
	if d.open[inode] == nil {
		d.open[inode] = f
		return inode, info.IsDir(), nil
	}
	return inode, info.IsDir(), f.Close()
}

// restore lays down in a directory what is left when the power fails now.
func (d *lossyDisk) restore(to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	inode, _, err := d.look(d.root)
	if err != nil {
		return err
	}
	return d.lay(inode, to)
}

func (d *lossyDisk) lay(inode uint64, to string) error {
	names, directory := d.names[inode]
	if !directory {
		return os.WriteFile(to, d.contents[inode], 0o600)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for name, inode := range names {
		if err := d.lay(inode, filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// TestPowerLoss shows what "acknowledged" means with Sync: the power fails again and again while events are stored, delivered
// and removed, on a disk that keeps nothing that it was not told to keep. What was acknowledged and not delivered is there.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	for name, journal := range map[string]bool{"names are kept with their directory": false, "names are kept in order": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			(&powerLoss{acknowledged: map[string]bool{}, delivered: map[string]bool{}}).run(t, journal)
		})
	}
}

type powerLoss struct {
	queue *Queue
	disk  *lossyDisk

	mu                      sync.Mutex
	acknowledged, delivered map[string]bool
}

func (p *powerLoss) run(t *testing.T, journal bool) {
	cfg := limits
	cfg.Sync = true
	cfg.MaxBytes = 30 << 20 // blocks of 4 MiB
	dir := t.TempDir()
	p.queue = open(t, dir, cfg)
	p.disk = newLossyDisk(t, filepath.Join(dir, storeDir), journal)
	tree := newTree(p.disk.root)
	tree.sync, tree.whole = p.disk.sync, p.disk.whole
	p.queue.disk.sync = tree.flush
	sink := openCursor(t, p.queue, "sink")

	const each, losses = 120, 8
	var storing, delivering sync.WaitGroup
	for w := range writers {
		storing.Go(func() { p.store(t, w, each) })
	}
	delivering.Go(func() { p.deliver(t, sink, writers*each*3/4) })
	for n := range losses {
		eventually(t, func() string {
			p.mu.Lock()
			defer p.mu.Unlock()
			if done := len(p.acknowledged); done < writers*each*n/losses {
				return fmt.Sprintf("%d events are acknowledged", done)
			}
			return ""
		})
		p.lose(t)
	}
	storing.Wait()
	delivering.Wait()
	p.lose(t)
}

// store stores events of 20 KiB.
func (p *powerLoss) store(t *testing.T, writer, count int) {
	padding := strings.Repeat(" ", 20<<10)
	for i := range count {
		key := fmt.Sprintf("%d/%d", writer, i)
		_, err := p.queue.Put(t.Context(), created, superoffice.DedupKey(key), Message{Body: []byte(key + padding), Received: time.Now()})
		if err != nil {
			t.Error(err)
			return
		}
		p.mu.Lock()
		p.acknowledged[key] = true
		p.mu.Unlock()
	}
}

// deliver takes events, and has those that were taken removed.
func (p *powerLoss) deliver(t *testing.T, sink *Cursor, count int) {
	trimmer := &trimmer{queue: p.queue}
	now := time.Now()
	for i := range count {
		d := next(t, sink)
		key, _, _ := strings.Cut(string(d.Body), " ")
		p.mu.Lock()
		p.delivered[key] = true
		p.mu.Unlock()
		if err := d.Ack(); err != nil {
			t.Error(err)
		}
		if i%20 == 0 {
			now = now.Add(2 * limits.DuplicateWindow.Std())
			if err := trimmer.trim(t.Context(), now); err != nil {
				t.Error(err)
			}
		}
	}
}

// lose has the power fail: it opens what a disk would have now.
func (p *powerLoss) lose(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	p.mu.Lock()
	acknowledged := maps.Clone(p.acknowledged)
	p.mu.Unlock()
	if len(acknowledged) == 0 {
		return
	}
	if err := p.disk.restore(filepath.Join(dir, storeDir)); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	delivered := maps.Clone(p.delivered)
	p.mu.Unlock()

	q := open(t, dir, p.queue.cfg)
	defer q.Close()
	info, err := q.stream().Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{}
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq; seq++ {
		if raw, err := q.stream().GetMsg(t.Context(), seq); err == nil {
			_, body := unfold(raw.Header, raw.Data)
			key, _, _ := strings.Cut(string(body), " ")
			kept[key] = true
		}
	}
	lost := 0
	for key := range acknowledged {
		if !kept[key] && !delivered[key] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d events are lost that were acknowledged; %d are kept, %d were delivered", lost, len(acknowledged), len(kept), len(delivered))
	}
	if _, err := q.events.Consumer(t.Context(), cursorPrefix+"sink"); err != nil {
		t.Errorf("the position of the sink is lost: %v", err)
	}
}
