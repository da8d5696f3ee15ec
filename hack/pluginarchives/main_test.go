// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

func filled(t *testing.T) manifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".krew.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := fill(string(text), "v1.2.3", nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestManifestNamesWhatIsBuilt(t *testing.T) {
	t.Parallel()
	m := filled(t)
	if m.Metadata.Name != "superoffice" || m.Spec.Version != "v1.2.3" || len(m.Spec.Platforms) < 5 {
		t.Errorf("got %+v", m)
	}
	for _, p := range m.Spec.Platforms {
		name, bin, kind := "kubectl-superoffice_"+p.os()+"_"+p.arch(), "kubectl-superoffice", ".tar.gz"
		if p.os() == "windows" {
			bin, kind = "kubectl-superoffice.exe", ".zip"
		}
		if want := "https://github.com/superoffice-webhook/operator/releases/download/v1.2.3/" + name + kind; p.URI != want {
			t.Errorf("%s: the address is %s, want %s", p.name(), p.URI, want)
		}
		if p.Bin != bin {
			t.Errorf("%s: the program is %s, want %s", p.name(), p.Bin, bin)
		}
	}
}

// TestArchiveOfThisPlatform builds what krew would install here.
func TestArchiveOfThisPlatform(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it compiles the plugin")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the archive is unpacked with tar")
	}
	out := t.TempDir()
	if err := run(t.Context(), options{root: root, out: out, version: "v1.2.3", platforms: []string{runtime.GOOS + "/" + runtime.GOARCH}}, io.Discard); err != nil {
		t.Fatal(err)
	}
	name := "kubectl-superoffice_" + runtime.GOOS + "_" + runtime.GOARCH + ".tar.gz"
	archive := read(t, filepath.Join(out, name))
	hash := sha256.Sum256(archive)
	sum := hex.EncodeToString(hash[:])
	if got, want := string(read(t, filepath.Join(out, "checksums.txt"))), sum+"  "+name+"\n"; got != want {
		t.Errorf("checksums.txt says %q, want %q", got, want)
	}
	if m := string(read(t, filepath.Join(out, "superoffice.yaml"))); !strings.Contains(m, "/"+name+"\n    sha256: \""+sum+"\"\n    bin: kubectl-superoffice\n") {
		t.Errorf("the manifest has no archive with that checksum:\n%s", m)
	}
	if got, err := exec.CommandContext(t.Context(), "tar", "-C", out, "-xvzf", filepath.Join(out, name)).CombinedOutput(); err != nil || string(got) != "kubectl-superoffice\nLICENSE\n" {
		t.Fatalf("in the archive are %q, error %v", got, err)
	}
	if got, err := exec.CommandContext(t.Context(), filepath.Join(out, "kubectl-superoffice"), "version").CombinedOutput(); err != nil || !strings.Contains(string(got), "v1.2.3") {
		t.Errorf("the program calls itself %q, error %v", got, err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestArchivesDependOnTheirFilesOnly(t *testing.T) {
	t.Parallel()
	files := []file{{"program.exe", 0o755, []byte("a program")}, {"LICENSE", 0o644, []byte("a licence")}}
	for _, name := range []string{"a.zip", "a.tar.gz"} {
		path := filepath.Join(t.TempDir(), name)
		first, err := write(path, files)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := write(path, files); err != nil || first != second {
			t.Errorf("%s: %s, then %s (%v)", name, first, second, err)
		}
		if name != "a.zip" {
			continue
		}
		data := read(t, path)
		r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, f := range r.File {
			got[f.Name] = f.Mode().String()
		}
		if diff := cmp.Diff(map[string]string{"program.exe": "-rwxr-xr-x", "LICENSE": "-rw-r--r--"}, got); diff != "" {
			t.Error(diff)
		}
	}
}
