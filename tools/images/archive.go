// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// keep writes an image as an OCI archive: `ctr images import`, `kind load image-archive`, podman, skopeo and newer versions of
// docker read it.
func (b *builder) keep(r *result) error {
	r.archive = filepath.Join(b.out, r.name+".tar")
	unpacked, err := os.MkdirTemp("", "image-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(unpacked) }()
	if err := r.writeLayout(unpacked); err != nil {
		return err
	}
	return pack(unpacked, r.archive)
}

func (r *result) writeLayout(dir string) error {
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	named := layout.WithAnnotations(map[string]string{
		"io.containerd.image.name":          r.reference, // which containerd goes by
		"org.opencontainers.image.ref.name": r.reference,
	})
	switch made := r.made.(type) {
	case v1.ImageIndex:
		return path.AppendIndex(made, named)
	case v1.Image:
		return path.AppendImage(made, named)
	default:
		return fmt.Errorf("%T is neither an image nor an index", made)
	}
}

// pack writes a folder into an archive that depends on its contents only.
func pack(dir, archive string) (err error) {
	file, err := os.Create(archive) // #nosec G304 -- where the caller wants it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := tar.NewWriter(file)
	root := os.DirFS(dir)
	err = fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return add(w, root, path)
	})
	if err != nil {
		return err
	}
	return w.Close()
}

func add(w *tar.Writer, root fs.FS, path string) error {
	file, err := root.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: path, Mode: 0o644, Size: info.Size(), ModTime: time.Unix(0, 0)}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return err
}
