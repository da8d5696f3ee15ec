// SPDX-License-Identifier: Apache-2.0

// Command pluginarchives builds what a release of the kubectl plugin for krew (https://krew.sigs.k8s.io) consists of: an archive for
// each platform that .krew.yaml names, their checksums, and the manifest with these filled in, by which krew installs what was built:
//
//	kubectl krew install --manifest=superoffice.yaml --archive=kubectl-superoffice_linux_amd64.tar.gz
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// options are the flags.
type options struct {
	// root is the repository.
	root string
	// out is the folder for all that is made.
	out string
	// version is the release's tag, and what the program calls itself.
	version string
	// platforms as os/architecture; none: all that the manifest names.
	platforms []string
}

func main() {
	o := options{root: "."}
	flag.StringVar(&o.out, "out", "dist/krew", "`folder` for the archives")
	flag.StringVar(&o.version, "version", "devel", "`tag` of the release")
	flag.Parse()
	o.platforms = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pluginarchives:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, progress io.Writer) error {
	text, err := os.ReadFile(filepath.Join(o.root, ".krew.yaml"))
	if err != nil {
		return err
	}
	m, _, err := fill(string(text), o.version, nil)
	if err != nil {
		return err
	}
	license, err := os.ReadFile(filepath.Join(o.root, "LICENSE"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.out, 0o750); err != nil {
		return err
	}
	sums := map[string]string{}
	for _, p := range m.Spec.Platforms {
		if len(o.platforms) > 0 && !slices.Contains(o.platforms, p.name()) {
			continue
		}
		_, _ = fmt.Fprintf(progress, "Building %s\n", p.archive())
		program, err := build(ctx, o, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.archive(), err)
		}
		if sums[p.URI], err = write(filepath.Join(o.out, p.archive()), []file{{p.Bin, 0o755, program}, {"LICENSE", 0o644, license}}); err != nil {
			return fmt.Errorf("%s: %w", p.archive(), err)
		}
	}
	return tell(o, string(text), sums)
}

// tell writes the checksums and the manifest.
func tell(o options, text string, sums map[string]string) error {
	m, filled, err := fill(text, o.version, sums)
	if err != nil {
		return err
	}
	var lines strings.Builder
	for _, p := range m.Spec.Platforms {
		if p.SHA256 != "" {
			_, _ = fmt.Fprintf(&lines, "%s  %s\n", p.SHA256, p.archive())
		}
	}
	if err := os.WriteFile(filepath.Join(o.out, "checksums.txt"), []byte(lines.String()), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.out, m.Metadata.Name+".yaml"), []byte(filled), 0o600)
}

// build compiles the plugin for a platform.
func build(ctx context.Context, o options, p platform) ([]byte, error) {
	dir, err := os.MkdirTemp("", "plugin-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "program")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w -X main.version="+o.version, "-o", path, "./cmd/kubectl-superoffice") // #nosec G204 -- a tag
	cmd.Dir = o.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.os(), "GOARCH="+p.arch())
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	return os.ReadFile(path)
}
