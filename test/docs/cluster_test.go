// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/test/cluster"
)

// elsewhere are API groups that this cluster does not know. What belongs to them is only read.
var elsewhere = []string{
	"argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/", "source.toolkit.fluxcd.io/",
	"notification.toolkit.fluxcd.io/", "external-secrets.io/", "cert-manager.io/", "gateway.networking.k8s.io/",
	"kustomize.config.k8s.io/", "receiver.superoffice.dev/", "kyverno.io/", "postgresql.cnpg.io/", "keda.sh/",
}

// TestManifestsAreAccepted has the API server judge each block of YAML that is an object, as if it were written.
func TestManifestsAreAccepted(t *testing.T) {
	s := newStage(t)
	s.run(t, "kubectl apply --server-side -k config/crd && kubectl apply --server-side -f test/manifests/testdata/crds && "+
		"kubectl wait --for=condition=Established crd --all --timeout=60s")
	judged, namespaces := 0, map[string]bool{"default": true, "kube-system": true}
	for path, page := range pages(t) {
		for _, block := range page.Blocks {
			if block.Language != "yaml" || !strings.Contains("\n"+block.Text, "\nkind: ") {
				continue
			}
			for document := range strings.SplitSeq("\n"+block.Text, "\n---\n") {
				var object struct {
					APIVersion, Kind string
					Metadata         struct{ Namespace string }
				}
				if err := yaml.Unmarshal([]byte(document), &object); err != nil {
					t.Errorf("%s:%d: %v", path, block.Line, err)
					continue
				}
				if object.Kind == "" || isElsewhere(object.APIVersion) {
					continue
				}
				judged++
				if name := object.Metadata.Namespace; name != "" && !namespaces[name] {
					s.run(t, "kubectl create namespace "+name)
					namespaces[name] = true
				}
				cmd := s.command(t.Context(), "kubectl apply --server-side --dry-run=server --validate=strict -f -")
				cmd.Stdin = strings.NewReader(document)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s:%d: %v: %s", path, block.Line, err, out)
				}
			}
		}
	}
	t.Logf("%d objects were judged", judged)
	if judged == 0 {
		t.Error("no manifests were found")
	}
}

func isElsewhere(version string) bool {
	for _, group := range elsewhere {
		if strings.HasPrefix(version, group) {
			return true
		}
	}
	return false
}

// here are the marks of blocks that work on a cluster of local processes. Others need images or helm; test/e2e runs those of the README.
var here = []string{"run", "run with kubectl"}

// TestCommandsWork runs what is to be run, as a new user would who follows the page.
func TestCommandsWork(t *testing.T) {
	s := newStage(t)
	ran := 0
	for path, page := range pages(t) {
		t.Run(path, func(t *testing.T) {
			for _, block := range page.Blocks {
				if !slices.Contains(here, block.Mark) {
					continue
				}
				ran++
				t.Logf("%s:%d\n%s\n%s", path, block.Line, block.Text, s.run(t, block.Text))
			}
		})
	}
	if ran == 0 {
		t.Error("there is nothing to run")
	}
}

// stage is a cluster, and a copy of what a user has: the repository, kubectl and the plugin.
type stage struct{ folder, path, kubeconfig string }

// programs are built once for all tests.
var programs = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "superoffice-webhook-docs-")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", folder, "./cmd/...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return folder, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if !testing.Short() {
		if folder, err := programs(); err == nil {
			_ = os.RemoveAll(folder)
		}
	}
	os.Exit(code)
}

func newStage(t *testing.T) *stage {
	t.Helper()
	if testing.Short() {
		t.Skip("it needs a cluster")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	built, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]string{}
	for _, name := range []string{"manager", "receiver", "kubectl-superoffice"} {
		images["ghcr.io/superoffice-webhook/"+name] = filepath.Join(built, name)
	}
	kubectl, err := cluster.Kubectl(ctx, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(ctx, cluster.Options{Images: images})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := &stage{folder: t.TempDir(), kubeconfig: c.Kubeconfig(), path: t.TempDir()}
	for name, target := range map[string]string{"kubectl": kubectl, "kubectl-superoffice": images["ghcr.io/superoffice-webhook/kubectl-superoffice"]} {
		if err := os.Symlink(target, filepath.Join(s.path, name)); err != nil {
			t.Fatal(err)
		}
	}
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"charts", "config", "monitoring", "test"} { // files that commands write must not get there
		if err := os.Symlink(filepath.Join(checkout, name), filepath.Join(s.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// run is what commands print. The test ends if they fail.
func (s *stage) run(t *testing.T, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := s.command(ctx, script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v in\n%s\n%s", err, script, out)
	}
	return string(out)
}

func (s *stage) command(ctx context.Context, script string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-euc", script)
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), "KUBECONFIG="+s.kubeconfig, "PATH="+s.path+string(os.PathListSeparator)+os.Getenv("PATH"))
	return cmd
}
