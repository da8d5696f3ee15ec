// SPDX-License-Identifier: Apache-2.0

package binaries

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
)

// repository is the module that this package belongs to, in whose source tree the pinning modules are.
const repository = "github.com/superoffice-webhook/operator"

// module is one of the nested modules that pin programs.
type module struct {
	// name is that of its folder.
	name string
	// requires is the module whose version is the programs' version.
	requires string
	// source is the file that the programs are made of, beside what is required; otherwise that of a program elsewhere is kept in tools.go.
	source string
}

// ownPackage is the module's own program.
const ownPackage = "."

var (
	kubernetes = module{name: "kubernetes", requires: "k8s.io/kubernetes"}
	etcd       = module{name: "etcd", requires: "go.etcd.io/etcd/server/v3"}
	coredns    = module{name: "coredns", requires: "github.com/coredns/coredns", source: "main.go"}
)

// pin is what a module's files say.
type pin struct {
	// dir is the folder of the module.
	dir string
	// version is that of the programs, as v1.37.2.
	version string
	// hash changes with everything that goes into the programs but the Go compiler.
	hash string
}

func (m module) read() (pin, error) {
	root, err := sourceTree()
	if err != nil {
		return pin{}, err
	}
	p := pin{dir: filepath.Join(root, "test", "cluster", "binaries", m.name)}
	hash := sha256.New()
	_, _ = fmt.Fprintln(hash, runtime.GOOS, runtime.GOARCH, linkerFlags(m, ""))
	files := []string{"go.mod", "go.sum"}
	if m.source != "" {
		files = append(files, m.source)
	}
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(p.dir, name))
		if err != nil {
			return pin{}, fmt.Errorf("read what pins %s: %w", m.name, err)
		}
		_, _ = hash.Write(data)
		if name == "go.mod" {
			p.version = m.requiredVersion(data)
		}
	}
	if p.version == "" {
		return pin{}, fmt.Errorf("%s: no version of %s", filepath.Join(p.dir, "go.mod"), m.requires)
	}
	p.hash = hex.EncodeToString(hash.Sum(nil))[:12]
	return p, nil
}

func (m module) requiredVersion(gomod []byte) string {
	found := regexp.MustCompile(`(?m)^(?:require\s|\s)\s*` + regexp.QuoteMeta(m.requires) + `\s+(v\S+)`).FindSubmatch(gomod)
	if found == nil {
		return ""
	}
	return string(found[1])
}

// sourceTree asks the go command for the root of the repository, since a test binary does not know where it came from.
var sourceTree = sync.OnceValues(func() (string, error) {
	var problem bytes.Buffer
	list := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", repository)
	list.Stderr = &problem
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("find the source tree of %s, to compile a cluster's programs: %w: %s", repository, err, problem.String())
	}
	return strings.TrimSpace(string(out)), nil
})

// linkerFlags drops what only debuggers need and tells the programs their version, as their own releases do.
func linkerFlags(m module, version string) string {
	flags := "-s -w"
	if m != kubernetes {
		return flags
	}
	major, minor, _ := majorMinor(version)
	const pkg = "k8s.io/component-base/version"
	return fmt.Sprintf("%[1]s -X %[2]s.gitVersion=%[3]s -X %[2]s.gitMajor=%[4]d -X %[2]s.gitMinor=%[5]d", flags, pkg, version, major, minor)
}
