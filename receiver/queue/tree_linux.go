// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// tree has the disk take what changed below a directory: files that are new, replaced or longer, and directories with other
// names in them. That costs a look at each file and a sync for each that changed, where syncfs(2) writes all that the file
// system has.
//
// It relies on one thing: files are appended to, or replaced by others of the same name. So what has the same inode and the
// same size has not changed. It need not know which files the engine has and what for.
type tree struct {
	root  *entry
	round uint64
	names []byte // where the kernel writes the names in a directory

	sync  func(path string) error // fsync(2) of a file or a directory
	whole func(path string) error // syncfs(2)
}

// entry is a file or a directory the way the disk has it once the round has ended.
type entry struct {
	name, path string
	inode      uint64
	size       int64
	mtime      unix.Timespec
	directory  bool
	below      map[string]*entry // of a directory
	round      uint64            // when it was last seen
}

// changes are what one look has found. Contents are synced before the names that lead to them, and what was replaced before
// what has grown: the sync of one file can have the disk take the names of others too, on file systems that keep the order
// of names but not that of names and contents.
type changes struct{ replaced, grown, directories []*entry }

// flusher makes what has the disk take all below a directory.
func flusher(root string) func() error { return newTree(root).flush }

func newTree(root string) *tree {
	return &tree{root: &entry{path: root}, names: make([]byte, 32<<10), sync: syncPath, whole: syncFileSystem}
}

// flush returns when all that was written below the root before the call is on the disk. What was removed may be there
// still. After an error nothing can be relied on any more.
func (t *tree) flush() error {
	t.round++
	var c changes
	first := t.root.below == nil
	if err := t.look(unix.AT_FDCWD, t.root.path, t.root, &c); err != nil {
		return fmt.Errorf("look for what was written: %w", err)
	}
	if first {
		return t.whole(t.root.path)
	}
	for _, entries := range [][]*entry{c.replaced, c.grown, c.directories} {
		for _, e := range entries {
			if err := t.sync(e.path); err != nil && !errors.Is(err, fs.ErrNotExist) { // it was removed meanwhile
				return err
			}
		}
	}
	return nil
}

// look notes what changed in a directory and those below it. What changes after the look was written after the call of
// flush; if it is synced along, it is synced again the next time.
func (t *tree) look(at int, name string, dir *entry, c *changes) error {
	fd, err := unix.Openat(at, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && dir != t.root {
			return nil
		}
		return &fs.PathError{Op: "open", Path: dir.path, Err: err}
	}
	defer unix.Close(fd) //nolint:errcheck // it was only read
	if dir.below == nil {
		dir.below = map[string]*entry{}
	}
	others := false
	for {
		n, err := unix.Getdents(fd, t.names)
		if err != nil {
			return &fs.PathError{Op: "read", Path: dir.path, Err: err}
		}
		if n == 0 {
			break
		}
		for rest := t.names[:n]; len(rest) > 0; {
			name, length := nextName(rest)
			rest = rest[length:]
			if string(name) == "." || string(name) == ".." {
				continue
			}
			other, err := t.compare(fd, name, dir, c)
			if err != nil {
				return err
			}
			others = others || other
		}
	}
	if others {
		c.directories = append(c.directories, dir)
	}
	return t.below(fd, dir, c)
}

// nextName reads what getdents64(2) has written: inode and offset of 8 bytes each, the length of the record in 2, a type in 1,
// and the name up to a zero.
func nextName(record []byte) (name []byte, length int) {
	length = int(binary.NativeEndian.Uint16(record[16:]))
	name, _, _ = bytes.Cut(record[19:length], []byte{0})
	return name, length
}

// compare notes what one name stands for, and tells whether that is another file or directory than before.
func (t *tree) compare(at int, name []byte, dir *entry, c *changes) (other bool, err error) {
	e := dir.below[string(name)]
	if e == nil {
		e = &entry{name: string(name), path: filepath.Join(dir.path, string(name))}
	}
	var is unix.Stat_t
	if err := unix.Fstatat(at, e.name, &is, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		if errors.Is(err, fs.ErrNotExist) { // it was removed meanwhile
			return false, nil
		}
		return false, &fs.PathError{Op: "stat", Path: e.path, Err: err}
	}
	other = e.inode != is.Ino
	if other {
		e = &entry{name: e.name, path: e.path, inode: is.Ino, directory: is.Mode&unix.S_IFMT == unix.S_IFDIR}
		dir.below[e.name] = e
	}
	switch {
	case e.directory:
	case other:
		c.replaced = append(c.replaced, e)
	case e.size != is.Size || e.mtime != is.Mtim:
		c.grown = append(c.grown, e)
	}
	e.size, e.mtime, e.round = is.Size, is.Mtim, t.round
	return other, nil
}

// below looks into the directories of a directory, and forgets what is there no more.
func (t *tree) below(fd int, dir *entry, c *changes) error {
	for name, e := range dir.below {
		switch {
		case e.round != t.round:
			delete(dir.below, name)
		case e.directory:
			if err := t.look(fd, name, e, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path) // #nosec G304 -- found below the queue's directory
	if err != nil {
		return err
	}
	err = f.Sync()
	return errors.Join(err, f.Close())
}

// syncFileSystem writes everything of the file system that a directory lies on and tells of errors that happened meanwhile
// (syncfs(2), Linux 5.8).
func syncFileSystem(dir string) error {
	f, err := os.Open(dir) // #nosec G304 G703 -- the operator of the process names the directory
	if err != nil {
		return err
	}
	err = unix.Syncfs(int(f.Fd())) // #nosec G115 -- a file descriptor fits
	return errors.Join(err, f.Close())
}
