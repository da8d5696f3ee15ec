// SPDX-License-Identifier: Apache-2.0

// Package atomicdir writes the files of a volume the way kubelet does, so that programs that watch for kubelet's
// symlink swap see the same one here.
//
// The files are in a directory of their own, named after the time; the symbolic link "..data" names the present one,
// and each name that users see is a link through it. Replacing "..data" by a rename changes all files in one step: a
// reader sees all of the old ones or all of the new ones.
package atomicdir

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// dataLink is the link that is swapped. Programs know it by this name.
const dataLink = "..data"

// File is one file of a volume.
type File struct {
	Data []byte
	Mode fs.FileMode
}

// Files are the files of a volume by their path inside it, which uses slashes and never leaves it.
type Files map[string]File

// Dir is a directory that is written in one step.
type Dir struct {
	path    string
	current Files
}

// New returns the directory at a path, which it makes if need be.
func New(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return nil, fmt.Errorf("make volume: %w", err)
	}
	return &Dir{path: path}, nil
}

// Path is where programs find the files.
func (d *Dir) Path() string { return d.path }

// Write makes the directory hold exactly these files. If it does already, nothing is touched.
func (d *Dir) Write(files Files) error {
	if d.current != nil && maps.EqualFunc(d.current, files, File.equal) {
		return nil
	}
	if err := d.write(files); err != nil {
		return fmt.Errorf("write volume: %w", err)
	}
	d.current = files
	return nil
}

func (f File) equal(g File) bool { return f.Mode == g.Mode && bytes.Equal(f.Data, g.Data) }

func (d *Dir) write(files Files) error {
	fresh, err := os.MkdirTemp(d.path, time.Now().UTC().Format("..2006_01_02_15_04_05."))
	if err != nil {
		return err
	}
	if err := fill(fresh, files); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	stale, _ := os.Readlink(filepath.Join(d.path, dataLink)) // there is none at first
	if err := d.swap(filepath.Base(fresh)); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	if err := d.linkNames(files); err != nil {
		return err
	}
	if stale == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(d.path, stale))
}

func fill(dir string, files Files) error {
	if err := os.Chmod(dir, 0o755); err != nil { // #nosec G302 -- as kubelet; the files' own modes protect them
		return err
	}
	for name, file := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { // #nosec G301 -- as kubelet
			return err
		}
		if err := os.WriteFile(path, file.Data, file.Mode); err != nil {
			return err
		}
		if err := os.Chmod(path, file.Mode); err != nil { // the process's umask may have taken something away
			return err
		}
	}
	return nil
}

// swap is the one step.
func (d *Dir) swap(target string) error {
	temporary := filepath.Join(d.path, dataLink+"_tmp")
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, temporary); err != nil {
		return err
	}
	return os.Rename(temporary, filepath.Join(d.path, dataLink))
}

// linkNames makes the names that users see those of the files. A name in a folder is reached through the folder's.
func (d *Dir) linkNames(files Files) error {
	wanted := map[string]bool{}
	for name := range files {
		first, _, _ := strings.Cut(name, "/")
		wanted[first] = true
	}
	for name := range wanted {
		err := os.Symlink(filepath.Join(dataLink, name), filepath.Join(d.path, name))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "..") || wanted[entry.Name()] {
			continue
		}
		if err := os.Remove(filepath.Join(d.path, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
