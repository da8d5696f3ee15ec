// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/test/markdown"
)

const (
	namespace = "superoffice-webhook-system"
	release   = "superoffice-webhook-operator"
	chart     = "charts/superoffice-webhook-operator"
)

func TestKustomizationsAreAccepted(t *testing.T) {
	installDefinition(t)
	createNamespaces(t, namespace)
	for _, folder := range []string{"config/crd", "config/default", "config/samples"} {
		t.Run(folder, func(t *testing.T) { accept(t, kubectl(t, "kustomize", folder)) })
	}
}

func TestEachSampleIsAccepted(t *testing.T) {
	installDefinition(t)
	samples, err := filepath.Glob(filepath.Join(root, "config", "samples", "*.yaml"))
	if err != nil || len(samples) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	listed := kubectl(t, "kustomize", "config/samples")
	for _, sample := range samples {
		name := filepath.Base(sample)
		if slices.Contains([]string{"kustomization.yaml", "receiver.yaml"}, name) {
			continue // no objects of Kubernetes
		}
		t.Run(name, func(t *testing.T) {
			accepted := kubectl(t, "apply", "--server-side", "--dry-run=server", "--validate=strict", "--output=name", "-f", "config/samples/"+name)
			webhook := strings.Split(strings.TrimSpace(accepted), "\n")
			resource := webhook[len(webhook)-1]
			if !strings.Contains(listed, "\n  name: "+resource[strings.IndexByte(resource, '/')+1:]+"\n") {
				t.Errorf("kustomization.yaml lacks %s", name)
			}
		})
	}
}

// TestChartIsAccepted has the API server judge the chart by default, with everything set, and in each configuration that
// its README shows.
func TestChartIsAccepted(t *testing.T) {
	installDefinition(t)
	kubectl(t, "apply", "--server-side", "-f", "test/manifests/testdata/crds")
	t.Cleanup(func() { cleanUp(t, "delete", "-f", "test/manifests/testdata/crds", "--ignore-not-found") })
	createNamespaces(t, namespace, "sales", "support")
	configurations := map[string][]string{
		"by default": nil,
		"with as little as possible": {
			"--set=crds.enabled=false,rbac.create=false,serviceAccount.create=false,metrics.enabled=false,leaderElection.enabled=false",
			"--set=rbac.aggregateToView=false,rbac.aggregateToEdit=false,rbac.aggregateToAdmin=false,test.enabled=false",
		},
		"with everything set": {"--values=test/manifests/testdata/everything.yaml"},
	}
	for heading, text := range documented(t) {
		configurations["of the README: "+heading] = []string{"--values=" + file(t, text)}
	}
	for name, values := range configurations {
		t.Run(name, func(t *testing.T) {
			accept(t, command(t, "", tools.helm, append([]string{
				"template", release, chart, "--namespace=" + namespace, "--set=serviceMonitor.renderMode=alwaysRender",
				"--set=podMonitor.renderMode=alwaysRender,prometheusRule.renderMode=alwaysRender",
			}, values...)...))
		})
	}
}

// documented are the values that the chart's README shows, by the heading above.
func documented(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, chart, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, block := range markdown.Parse(string(page)).Blocks {
		if block.Language == "yaml" {
			all[block.Heading] = block.Text
		}
	}
	if len(all) == 0 {
		t.Fatal("it shows none")
	}
	return all
}

// file writes a text to a file and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// accept has the API server judge objects as if they were written. It knows each field of each, or refuses.
func accept(t *testing.T, manifest string) {
	t.Helper()
	accepted := command(t, manifest, tools.kubectl, "apply", "--server-side", "--dry-run=server", "--validate=strict", "--output=name", "-f", "-")
	t.Logf("accepted:\n%s", accepted)
}

func installDefinition(t *testing.T) {
	t.Helper()
	kubectl(t, "apply", "--server-side", "-k", "config/crd")
	t.Cleanup(func() { cleanUp(t, "delete", "-k", "config/crd", "--ignore-not-found") })
	kubectl(t, "wait", "--for=condition=Established", "crd/superofficewebhooks.webhooks.superoffice.dev", "--timeout=60s")
}

// createNamespaces makes namespaces that let only pods in that keep to the restricted pod security standard. They go together:
// the namespace controller lets five seconds pass before it looks at one.
func createNamespaces(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		kubectl(t, "create", "namespace", name)
		kubectl(t, "label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
	}
	t.Cleanup(func() {
		cleanUp(t, append([]string{"delete", "namespace", "--ignore-not-found", "--timeout=120s"}, names...)...)
	})
}
