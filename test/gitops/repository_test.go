// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/test/terminal"
)

const (
	root       = "../.."
	repository = "config/gitops/"
)

// TestRepository goes the way of whoever copies the repository: what belongs to the tools is accepted by their definitions, the
// operator comes up by the values that each gives to its chart, and the webhooks become ready and stay as they were applied.
func TestRepository(t *testing.T) {
	if testing.Short() {
		t.Skip("it needs a cluster")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	s, err := terminal.Start(ctx, root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	run := func(t *testing.T, script string) string {
		t.Helper()
		out, err := s.Run(ctx, script)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	run(t, `kubectl apply --server-side -f test/gitops/testdata/crds -f test/manifests/testdata/crds
		kubectl wait --for=condition=Established crd --all --timeout=60s
		kubectl create namespace argocd && kubectl create namespace flux-system`)

	for _, folder := range []string{"argocd", "argocd/health", "flux", "flux/operator"} {
		t.Run(folder+" is accepted, and applying it again changes nothing", func(t *testing.T) {
			run(t, "kubectl kustomize "+repository+folder+" | kubectl apply --server-side --validate=strict -f -")
			run(t, "kubectl kustomize "+repository+folder+" | kubectl diff --server-side -f -")
		})
	}
	for tool, values := range map[string]string{
		"Argo CD": valuesOf(t, "argocd/operator.yaml", "spec", "source", "helm", "valuesObject"),
		"Flux":    valuesOf(t, "flux/operator/release.yaml", "spec", "values"),
	} {
		t.Run("the operator comes up as "+tool+" installs it", func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "values.yaml")
			if err := os.WriteFile(file, []byte(values), 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, "helm upgrade --install superoffice-webhook-operator charts/superoffice-webhook-operator --create-namespace "+
				"--namespace superoffice-webhook-system --wait --timeout 120s --values "+file)
		})
	}
	t.Run("webhooks wait for their Secret, become ready, and stay as they were applied", func(t *testing.T) {
		const apply = "kubectl kustomize " + repository + "webhooks | kubectl apply --server-side --field-manager=kustomize-controller -f -"
		run(t, apply)
		run(t, "kubectl wait --namespace sales --for=jsonpath='{.status.conditions[?(@.type==\"Ready\")].reason}'=SecretNotFound superofficewebhook/crm --timeout=60s")
		run(t, "kubectl create secret generic crm-webhook --namespace sales --from-literal=secret='Name you provided'")
		run(t, "kubectl wait --namespace sales --for=condition=Ready superofficewebhook/crm --timeout=180s")
		run(t, "kubectl kustomize "+repository+"webhooks | kubectl diff --server-side --field-manager=kustomize-controller -f -")
		before := run(t, "kubectl get superofficewebhook/crm --namespace sales --output jsonpath='{.metadata.generation}'")
		run(t, apply)
		if after := run(t, "kubectl get superofficewebhook/crm --namespace sales --output jsonpath='{.metadata.generation}'"); after != before {
			t.Errorf("applied again, generation %s became %s", before, after)
		}
	})
}

// TestFoldersAreThere: those that Applications and Kustomizations name.
func TestFoldersAreThere(t *testing.T) {
	t.Parallel()
	for file, fields := range map[string][]string{
		"argocd/operator.yaml":       {"spec", "source", "path"},
		"argocd/webhooks.yaml":       {"spec", "source", "path"},
		"flux/operator.yaml":         {"spec", "path"},
		"flux/webhooks.yaml":         {"spec", "path"},
		"flux/operator/release.yaml": {"spec", "chart", "spec", "chart"},
	} {
		path, ok, err := unstructured.NestedString(object(t, file).Object, fields...)
		if !ok || err != nil {
			t.Fatalf("%s has no %v: %v", file, fields, err)
		}
		folder := filepath.Join(root, repository, path)
		if strings.HasPrefix(path, "charts/") {
			folder = filepath.Join(root, path)
		}
		if _, err := os.Stat(folder); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func object(t *testing.T, file string) *unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, repository, file))
	if err != nil {
		t.Fatal(err)
	}
	var o unstructured.Unstructured
	if err := yaml.Unmarshal(text, &o.Object); err != nil {
		t.Fatal(err)
	}
	return &o
}

func valuesOf(t *testing.T, file string, fields ...string) string {
	t.Helper()
	values, ok, err := unstructured.NestedMap(object(t, file).Object, fields...)
	if !ok || err != nil {
		t.Fatalf("%s has no %v: %v", file, fields, err)
	}
	text, err := yaml.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
