// SPDX-License-Identifier: Apache-2.0

package plugin

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

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/test/cluster"
)

const (
	root = "../.."
	// version of all programs, which the page shows.
	version = "v0.1.0"
	// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
	patience = 2 * time.Minute
)

var update = flag.Bool("update", false, "write docs/kubectl-superoffice.md")

// stage is what all tests share: a cluster with the operator, and programs in a PATH.
var stage struct {
	cluster     *cluster.Cluster
	access      *resource.Cluster
	environment []string
}

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard())
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
	dir, err := os.MkdirTemp("", "superoffice-webhook-plugin-")
	if err != nil {
		return fail("make a directory", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := start(ctx, dir); err != nil {
		code = fail("start", err)
	} else {
		code = m.Run()
	}
	if stage.cluster != nil {
		if err := stage.cluster.Stop(); err != nil {
			code = fail("stop the cluster", err)
		}
	}
	return code
}

func start(ctx context.Context, dir string) error {
	build := exec.CommandContext(ctx, "go", "build", "-ldflags", "-X main.version="+version, "-o", dir, "./cmd/...")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	kubectl, err := cluster.Kubectl(ctx, os.Stderr)
	if err != nil {
		return err
	}
	stage.cluster, err = cluster.Start(ctx, cluster.Options{Images: map[string]string{
		"ghcr.io/superoffice-webhook/manager":  filepath.Join(dir, "manager"),
		"ghcr.io/superoffice-webhook/receiver": filepath.Join(dir, "receiver"),
	}})
	if err != nil {
		return err
	}
	stage.environment = append(os.Environ(),
		"KUBECONFIG="+stage.cluster.Kubeconfig(), "NO_COLOR=1",
		"PATH="+strings.Join([]string{dir, filepath.Dir(kubectl), os.Getenv("PATH")}, string(os.PathListSeparator)))
	if stage.access, err = resource.Connect(stage.cluster.Kubeconfig(), "", ""); err != nil {
		return err
	}
	return install(ctx, dir)
}

// install installs the operator as people do, and the shim that lets kubectl complete.
func install(ctx context.Context, dir string) error {
	for _, line := range []string{
		"kubectl apply --server-side -k test/demo/manifests/operator",
		"kubectl wait --for=condition=Available deployment --all --namespace=superoffice-webhook-system --timeout=120s",
		"kubectl superoffice completion kubectl > " + dir + "/kubectl_complete-superoffice && chmod +x " + dir + "/kubectl_complete-superoffice",
	} {
		if r := shell(ctx, "", line); r.code != 0 {
			return fmt.Errorf("install: %s: exit code %d\n%s", line, r.code, r.both)
		}
	}
	return nil
}

func fail(doing string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", doing, err)
	return 1
}
