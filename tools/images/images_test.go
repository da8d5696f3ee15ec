// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

var platforms = []string{"linux/amd64", "linux/arm64"}

func newBase(t *testing.T) v1.ImageIndex {
	t.Helper()
	index, err := base(platforms)
	if err != nil {
		t.Fatal(err)
	}
	return index
}

// imagesOf are those of an index, by platform.
func imagesOf(t *testing.T, index v1.ImageIndex) map[string]v1.Image {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]v1.Image{}
	for _, d := range manifest.Manifests {
		if all[d.Platform.String()], err = index.Image(d.Digest); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestBase(t *testing.T) {
	t.Parallel()
	t.Run("is the same each time", func(t *testing.T) {
		t.Parallel()
		first, err := newBase(t).Digest()
		if err != nil {
			t.Fatal(err)
		}
		if second, err := newBase(t).Digest(); err != nil || first != second {
			t.Errorf("%s, then %s (%v)", first, second, err)
		}
	})
	t.Run("is there for each platform, and never root", func(t *testing.T) {
		t.Parallel()
		all := imagesOf(t, newBase(t))
		if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, platforms) {
			t.Errorf("got %v", got)
		}
		for platform, img := range all {
			config, err := img.ConfigFile()
			if err != nil {
				t.Fatal(err)
			}
			if config.OS+"/"+config.Architecture != platform || config.Config.User != "65532:65532" {
				t.Errorf("%s: %s/%s, user %q", platform, config.OS, config.Architecture, config.Config.User)
			}
		}
	})
	t.Run("has what static programs look for, and nothing to write to but /tmp", func(t *testing.T) {
		t.Parallel()
		want := map[string]int64{"tmp": 0o1777, "etc/passwd": 0o444, "etc/group": 0o444, "etc/ssl/certs/ca-certificates.crt": 0o444}
		for platform, img := range imagesOf(t, newBase(t)) {
			if got := modes(t, img); !maps.Equal(got, want) {
				t.Errorf("%s: got %v", platform, got)
			}
		}
	})
	t.Run("trusts many authorities", func(t *testing.T) {
		t.Parallel()
		roots, err := trustedRoots()
		if n := strings.Count(roots, "BEGIN CERTIFICATE"); err != nil || n < 50 {
			t.Errorf("%d, error %v", n, err)
		}
	})
	t.Run("is not made for platforms that are none", func(t *testing.T) {
		t.Parallel()
		if _, err := base([]string{"linux/amd64/v1/x/y"}); err == nil || !strings.Contains(err.Error(), "linux/amd64/v1/x/y") {
			t.Errorf("got %v", err)
		}
	})
}

// modes are those of all files in an image.
func modes(t *testing.T, img v1.Image) map[string]int64 {
	t.Helper()
	files := mutate.Extract(img)
	defer func() { _ = files.Close() }()
	found := map[string]int64{}
	for r := tar.NewReader(files); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		found[header.Name] = header.Mode
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	chosen, err := choose(product)
	if err != nil || len(chosen) != 3 || chosen[0].name != "manager" || chosen[1].name != "receiver" {
		t.Errorf("got %v, error %v", chosen, err)
	}
	for _, i := range images {
		if i.limit == 0 {
			t.Errorf("%s has no limit", i.name)
		}
	}
	if _, err := choose([]string{"manager", "manger"}); err == nil || !strings.Contains(err.Error(), `"manger"`) {
		t.Errorf("got %v", err)
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	r := result{image: image{name: "receiver", limit: 10}, sizes: map[string]int64{"linux/amd64": 10}}
	if err := r.withinLimit(); err != nil {
		t.Error(err)
	}
	r.sizes["linux/arm64"] = 11
	if err := r.withinLimit(); err == nil || !strings.Contains(err.Error(), "receiver for linux/arm64") {
		t.Errorf("got %v", err)
	}
}

func TestArchiveDependsOnItsContentsOnly(t *testing.T) {
	t.Parallel()
	archive := func(at time.Time) []byte {
		dir, out := t.TempDir(), filepath.Join(t.TempDir(), "a.tar")
		for name, text := range map[string]string{"b": "2", "a": "1", "dir/c": "3"} {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := pack(dir, out); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if !bytes.Equal(archive(time.Unix(1, 0)), archive(time.Unix(1e9, 0))) {
		t.Error("the times of files get into it")
	}
}

func TestSourceDate(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	if got, err := sourceDate(t.Context(), "."); err != nil || got.Unix() != 1700000000 {
		t.Errorf("got %s, error %v", got, err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if _, err := sourceDate(t.Context(), "."); err == nil || !strings.Contains(err.Error(), "yesterday") {
		t.Errorf("got %v", err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "")
	if got, err := sourceDate(context.Background(), "."); err != nil || got.Year() < 2020 {
		t.Errorf("got %s, error %v", got, err)
	}
}
