// SPDX-License-Identifier: Apache-2.0

package binaries

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/test/cluster/process"
)

func newFinder(t *testing.T) Finder {
	t.Helper()
	s := process.NewSpawner()
	t.Cleanup(s.Close)
	return Finder{Spawner: s, Progress: io.Discard}
}

// place writes a program that does nothing.
func place(t *testing.T, dir string, p Program) string {
	t.Helper()
	path := filepath.Join(dir, string(p))
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAssets(t *testing.T) {
	t.Run("serve where they are", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv(AssetsVariable, dir)
		for _, p := range []Program{Etcd, APIServer, ControllerManager, Kubectl} {
			want := place(t, dir, p)
			if got, err := newFinder(t).Find(t.Context(), p); err != nil || got != want {
				t.Errorf("%s: got %q, error %v", p, got, err)
			}
		}
	})
	t.Run("are told of where one is missing that setup-envtest brings", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv(AssetsVariable, dir)
		for _, p := range []Program{Etcd, APIServer} {
			_, err := newFinder(t).Find(t.Context(), p)
			want := "KUBEBUILDER_ASSETS is set to " + dir + ": stat " + filepath.Join(dir, string(p))
			if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", p, err, want)
			}
		}
	})
	t.Run("need not have what it does not bring", func(t *testing.T) {
		t.Setenv(AssetsVariable, t.TempDir())
		for _, p := range []Program{ControllerManager, Kubectl} {
			if path, err := fromAssets(p); path != "" || err != nil {
				t.Errorf("%s: got %q, error %v", p, path, err)
			}
		}
	})
	t.Run("need not be there at all", func(t *testing.T) {
		t.Setenv(AssetsVariable, "")
		if path, err := fromAssets(Etcd); path != "" || err != nil {
			t.Errorf("got %q, error %v", path, err)
		}
	})
}

func TestKubectlOfTheMachine(t *testing.T) {
	pinned, err := kubernetes.read()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		script string
		fits   bool
	}{
		"serves when its version fits":         {`echo '{"clientVersion":{"gitVersion":"` + pinned.version + `"}}'`, true},
		"does not serve when it is too old":    {`echo '{"clientVersion":{"gitVersion":"v1.20.1"}}'`, false},
		"does not serve when it fails":         {`exit 1`, false},
		"does not serve when it says nonsense": {`echo v1`, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "kubectl")
			if err := os.WriteFile(path, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
			want := ""
			if c.fits {
				want = path
			}
			if got := fromPath(t.Context()); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	t.Run("need not be there", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if got := fromPath(t.Context()); got != "" {
			t.Errorf("got %q", got)
		}
	})
}

func TestFits(t *testing.T) {
	t.Parallel()
	for kubectl, want := range map[string]bool{
		"v1.37.2": true, "v1.36.0": true, "v1.38.9": true, "v1.37.0-rc.1": true, "1.37.2": true, "v1.37.2+k3s1": true,
		"v1.35.9": false, "v1.39.0": false, "v2.37.2": false, "v0.37.2": false, "v1.37": false, "": false, "vx.y.z": false, "v1.y.z": false,
	} {
		if got := fits(kubectl, "v1.37.2"); got != want {
			t.Errorf("kubectl %q: got %t", kubectl, got)
		}
	}
}

func TestPins(t *testing.T) {
	t.Parallel()
	for _, m := range []module{kubernetes, etcd, coredns} {
		p, err := m.read()
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^v\d+\.\d+\.\d+$`).MatchString(p.version) || !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(p.hash) {
			t.Errorf("%s: version %q, hash %q", m.name, p.version, p.hash)
		}
	}
	for p, r := range recipes {
		pinned, err := r.module.read()
		if err != nil {
			t.Fatal(err)
		}
		if r.pkg == ownPackage {
			if r.module.source == "" {
				t.Errorf("%s is compiled from a file that is not told of, and would be kept when that changes", p)
			}
			continue
		}
		tools, err := os.ReadFile(filepath.Join(pinned.dir, "tools.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(tools), `"`+r.pkg+`"`) {
			t.Errorf("tools.go of %s does not keep %s, of which %s is made", r.module.name, r.pkg, p)
		}
	}
}

func TestRequiredVersion(t *testing.T) {
	t.Parallel()
	m := module{name: "m", requires: "k8s.io/kubernetes"}
	for gomod, want := range map[string]string{
		"require k8s.io/kubernetes v1.37.2\n":                                                   "v1.37.2",
		"require (\n\tk8s.io/api v0.1.0\n\tk8s.io/kubernetes v1.37.2\n)\n":                      "v1.37.2",
		"require (\n\tk8s.io/kubernetes v1.37.2 // indirect\n)\n":                               "v1.37.2",
		"replace (\n\tk8s.io/kubernetes => ../k\n)\nrequire (\n\tk8s.io/kubernetes v1.2.3\n)\n": "v1.2.3",
		"require k8s.io/kubernetes-more v1.37.2\n":                                              "",
		"require example.com/k8s.io/kubernetes v1.37.2\n":                                       "",
		"module k8s.io/kubernetes\n":                                                            "",
	} {
		if got := m.requiredVersion([]byte(gomod)); got != want {
			t.Errorf("%q: got %q, want %q", gomod, got, want)
		}
	}
}
