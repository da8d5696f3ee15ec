// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	namespace = "superoffice-webhook-system"
	release   = "superoffice-webhook-operator"
	chart     = "charts/superoffice-webhook-operator"
)

func TestKustomizationsAreAccepted(t *testing.T) {
	installDefinition(t)
	createNamespace(t, namespace)
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

func TestChartIsAccepted(t *testing.T) {
	createNamespace(t, namespace)
	for name, values := range map[string][]string{
		"with its defaults": nil,
		"for some namespaces only": {
			"--set=watchNamespaces={default,kube-public}",
		},
		"with as little as possible": {
			"--set=crds.enabled=false,rbac.create=false,serviceAccount.create=false,metrics.enabled=false,leaderElection.enabled=false",
			"--set=rbac.aggregateToView=false,rbac.aggregateToEdit=false,rbac.aggregateToAdmin=false",
		},
		"with everything set": {
			"--values=test/manifests/testdata/everything.yaml",
		},
	} {
		t.Run(name, func(t *testing.T) {
			accept(t, command(t, "", tools.helm, append([]string{"template", release, chart, "--namespace=" + namespace}, values...)...))
		})
	}
}

func TestChartRefusesValues(t *testing.T) {
	for name, c := range map[string]struct{ value, message string }{
		"that are misspelt":                    {"watchNamespace={sales}", "additional properties 'watchNamespace' not allowed"},
		"of a wrong type":                      {"replicaCount=two", "at '/replicaCount'"},
		"that let two managers work at a time": {"replicaCount=2,leaderElection.enabled=false", "more than one replica needs leaderElection.enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := try(t, "", tools.helm, "template", release, chart, "--set="+c.value)
			if err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want an error with %q", err, c.message)
			}
		})
	}
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

// createNamespace makes a namespace that lets only pods in that keep to the restricted pod security standard.
func createNamespace(t *testing.T, name string) {
	t.Helper()
	kubectl(t, "create", "namespace", name)
	kubectl(t, "label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
	t.Cleanup(func() { cleanUp(t, "delete", "namespace", name, "--ignore-not-found", "--timeout=120s") })
}
