// SPDX-License-Identifier: Apache-2.0

// Package terminal is a cluster of local processes, and beside it a terminal as a user of the operator has one: in a checkout, with
// kubectl, its plugin, helm and the receiver in the PATH. For tests.
package terminal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/superoffice-webhook/operator/test/cluster"
)

// Repositories are those of the project's images: where they will be published, and where the chart's README has them.
var Repositories = []string{"ghcr.io/superoffice-webhook/", "registry.example.com/superoffice-webhook/"}

// Terminal is a running cluster. Whoever gets one must Stop it.
type Terminal struct {
	*cluster.Cluster
	// Folder is what a checkout looks like to commands. What they write beside it stays out of the repository.
	Folder      string
	environment []string
}

// Start builds the programs of the checkout root into the directory dir and brings a cluster up that has them as images.
func Start(ctx context.Context, root, dir string) (*Terminal, error) {
	path := filepath.Join(dir, "bin")
	build := exec.CommandContext(ctx, "go", "build", "-o", path+"/", "./cmd/...")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	if err := link(ctx, root, path); err != nil {
		return nil, err
	}
	folder := filepath.Join(dir, "checkout")
	if err := checkout(root, folder); err != nil {
		return nil, err
	}
	images := map[string]string{}
	for _, repository := range Repositories {
		for _, name := range []string{"manager", "receiver", "kubectl-superoffice"} {
			images[repository+name] = filepath.Join(path, name)
		}
	}
	c, err := cluster.Start(ctx, cluster.Options{Images: images})
	if err != nil {
		return nil, err
	}
	return &Terminal{Cluster: c, Folder: folder, environment: append(os.Environ(),
		"NO_COLOR=1", "KUBECONFIG="+c.Kubeconfig(), "PATH="+path+string(os.PathListSeparator)+os.Getenv("PATH"),
		"HELM_CACHE_HOME="+dir, "HELM_CONFIG_HOME="+dir, "HELM_DATA_HOME="+dir, // not those of whoever runs the tests
	)}, nil
}

// link puts kubectl and helm beside the programs, compiled if need be.
func link(ctx context.Context, root, path string) error {
	kubectl, err := cluster.Kubectl(ctx, os.Stderr)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "tool", "-modfile=tools/go.mod", "-n", "helm")
	cmd.Dir = root
	helm, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("compile helm: %w", err)
	}
	for name, target := range map[string]string{"kubectl": kubectl, "helm": strings.TrimSpace(string(helm))} {
		if err := os.Symlink(target, filepath.Join(path, name)); err != nil {
			return err
		}
	}
	return nil
}

// checkout links what is in the repository.
func checkout(root, folder string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.Symlink(filepath.Join(root, entry.Name()), filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Command is a script that a shell is to run, and to end at the first command that fails; also inside of a pipe, where there is a
// bash.
func (t *Terminal) Command(ctx context.Context, script string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-euc", script)
	if bash, err := exec.LookPath("bash"); err == nil {
		cmd = exec.CommandContext(ctx, bash, "-euo", "pipefail", "-c", script)
	}
	cmd.Dir, cmd.Env = t.Folder, t.environment
	return cmd
}

// Run runs a script and returns what a terminal would have shown.
func (t *Terminal) Run(ctx context.Context, script string) (string, error) {
	out, err := t.Command(ctx, script).CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%w in\n%s\n%s", err, script, out)
	}
	return string(out), nil
}
