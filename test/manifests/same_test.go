// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// object is what a manifest says about one object.
type object = map[string]any

func TestKustomizeAndHelmInstallTheSame(t *testing.T) {
	kustomized := objects(t, kubectl(t, "kustomize", "config/default"))
	delete(kustomized, "Namespace/"+namespace) // Helm makes it, when told to
	helmed := objects(t, command(t, "", tools.helm, "template", release, chart, "--namespace="+namespace, "--skip-tests"))

	container := at(helmed["Deployment/"+release], "spec", "template", "spec", "containers").([]any)[0].(object)
	container["args"] = slices.DeleteFunc(container["args"].([]any), isDefault)
	if difference := cmp.Diff(kustomized, helmed); difference != "" {
		t.Errorf("- config/default, + chart:\n%s", difference)
	}
}

// isDefault finds the arguments that the chart repeats although they are the manager's defaults.
func isDefault(argument any) bool {
	return slices.Contains([]string{"--observe-interval=30s", "--log-level=info", "--metrics-bind-address=:8080"}, argument.(string))
}

// objects reads a manifest into objects by kind and name, without the labels that only Helm knows.
func objects(t *testing.T, manifest string) map[string]object {
	t.Helper()
	all := map[string]object{}
	for document := range strings.SplitSeq("\n"+manifest, "\n---\n") {
		var o object
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if o == nil {
			continue
		}
		neutral(o)
		all[fmt.Sprintf("%s/%s", o["kind"], at(o, "metadata", "name"))] = o
	}
	return all
}

// neutral removes what tells a release of a chart from another.
func neutral(value any) {
	switch v := value.(type) {
	case object:
		for _, key := range []string{"app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "helm.sh/chart", "helm.sh/resource-policy"} {
			delete(v, key)
		}
		for _, inner := range v {
			neutral(inner)
		}
	case []any:
		for _, inner := range v {
			neutral(inner)
		}
	}
}

// at goes down into an object; nil if there is nothing.
func at(o object, path ...string) any {
	var value any = o
	for _, key := range path {
		inner, _ := value.(object)
		value = inner[key]
	}
	return value
}
