// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"maps"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/test/markdown"
)

// TestManifestsAreAccepted has the API server judge each block of YAML that is an object or a part of one, as if it were written.
func TestManifestsAreAccepted(t *testing.T) {
	mustRun(t, `for definitions in test/manifests test/gitops test/docs; do
			kubectl apply --server-side --filename $definitions/testdata/crds
		done
		kubectl apply --server-side --kustomize config/crd
		kubectl wait --for=condition=Established crd --all --timeout=60s`)
	t.Cleanup(func() { // pages install it themselves
		if out, err := user.Run(context.Background(), "kubectl delete --kustomize config/crd --timeout=60s"); err != nil {
			t.Error(err, out)
		}
	})
	namespaces := map[string]bool{"default": true, "kube-system": true}
	for path, page := range pages(t) {
		var before markdown.Block
		for _, block := range page.Blocks {
			w, _ := how(path, block, before)
			before = block
			if w != object && w != fragment {
				continue
			}
			for document := range strings.SplitSeq("\n"+block.Text, "\n---\n") {
				if w == fragment {
					document = whole(t, document)
				}
				var o struct{ Metadata struct{ Namespace string } }
				if err := yaml.Unmarshal([]byte(document), &o); err != nil {
					t.Errorf("%s:%d: %v", path, block.Line, err)
					continue
				}
				if name := o.Metadata.Namespace; name != "" && !namespaces[name] {
					mustRun(t, "kubectl create namespace "+name+" --dry-run=client --output=yaml | kubectl apply --filename -")
					namespaces[name] = true
				}
				cmd := user.Command(t.Context(), "kubectl apply --server-side --dry-run=server --validate=strict --filename -")
				cmd.Stdin = strings.NewReader(document)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s:%d: %v: %s", path, block.Line, err, out)
				}
			}
		}
	}
}

// whole makes a resource of a part of its spec.
func whole(t *testing.T, text string) string {
	t.Helper()
	shown := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(text), &shown); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if spec, ok := shown["spec"].(map[string]any); ok {
		shown = spec
	}
	spec := map[string]any{
		"secret": map[string]any{"name": "crm-webhook"},
		"sinks":  []any{map[string]any{"name": "log", "log": map[string]any{}}},
	}
	maps.Copy(spec, shown)
	resource, err := yaml.Marshal(map[string]any{
		"apiVersion": "webhooks.superoffice.dev/v1alpha1", "kind": "SuperOfficeWebhook", "metadata": map[string]any{"name": "part"}, "spec": spec,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(resource)
}
