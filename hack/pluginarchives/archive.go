// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// file is one in an archive.
type file struct {
	name string
	mode fs.FileMode
	data []byte
}

// write writes an archive, of the kind that its name says, and returns its checksum. It depends on the files only.
func write(path string, files []file) (sum string, err error) {
	pack := tarred
	if strings.HasSuffix(path, ".zip") {
		pack = zipped
	}
	var archive bytes.Buffer
	if err := pack(&archive, files); err != nil {
		return "", err
	}
	hash := sha256.Sum256(archive.Bytes())
	return hex.EncodeToString(hash[:]), os.WriteFile(path, archive.Bytes(), 0o600)
}

func tarred(out io.Writer, files []file) error {
	compressed := gzip.NewWriter(out)
	w := tar.NewWriter(compressed)
	for _, f := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: int64(f.mode), Size: int64(len(f.data)), ModTime: time.Unix(0, 0)}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if _, err := w.Write(f.data); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return compressed.Close()
}

func zipped(out io.Writer, files []file) error {
	w := zip.NewWriter(out)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		header.SetMode(f.mode)
		entry, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.data); err != nil {
			return err
		}
	}
	return w.Close()
}
