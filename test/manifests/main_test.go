// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/test/cluster"
)

// root is the repository, in which all commands of these tests run.
const root = "../.."

// tools are the programs that people install the operator with, and the cluster they do it in.
var tools struct {
	kubectl, helm string
	environment   []string
	cluster       *cluster.Cluster
}

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Fprintln(os.Stderr, "skipped: these tests need a cluster")
		return
	}
	os.Exit(run(m))
}

// run returns the exit code, after everything that was started has ended.
func run(m *testing.M) (code int) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "superoffice-webhook-manifests-")
	if err != nil {
		return fail("make a directory", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	c, err := start(ctx, dir)
	if err != nil {
		return fail("start", err)
	}
	defer func() {
		if err := c.Stop(); err != nil {
			code = fail("stop the cluster", err)
		}
	}()
	return m.Run()
}

func start(ctx context.Context, dir string) (*cluster.Cluster, error) {
	build := exec.CommandContext(ctx, "go", "build", "-o", dir, "./cmd/...")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	var err error
	if tools.kubectl, err = cluster.Kubectl(ctx, os.Stderr); err != nil {
		return nil, err
	}
	if tools.helm, err = helm(ctx); err != nil {
		return nil, err
	}
	c, err := cluster.Start(ctx, cluster.Options{Images: map[string]string{
		"ghcr.io/superoffice-webhook/manager":             filepath.Join(dir, "manager"),
		"ghcr.io/superoffice-webhook/receiver":            filepath.Join(dir, "receiver"),
		"ghcr.io/superoffice-webhook/kubectl-superoffice": filepath.Join(dir, "kubectl-superoffice"),
	}})
	if err != nil {
		return nil, err
	}
	tools.cluster = c
	tools.environment = append(os.Environ(),
		"KUBECONFIG="+c.Kubeconfig(),
		"HELM_CACHE_HOME="+dir, "HELM_CONFIG_HOME="+dir, "HELM_DATA_HOME="+dir) // not those of whoever runs the tests
	return c, nil
}

// helm returns the path of the pinned Helm, compiled if need be.
func helm(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "-modfile=tools/go.mod", "-n", "helm")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("compile helm: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func fail(doing string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", doing, err)
	return 1
}
