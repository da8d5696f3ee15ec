// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// definition is that of this version.
func definition(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile("../../../config/crd/bases/webhooks.superoffice.dev_superofficewebhooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	crd := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(text, &crd.Object); err != nil {
		t.Fatal(err)
	}
	return crd
}

// properties leads to those of a field of spec, by what is on the way in the schema.
func properties(t *testing.T, crd *unstructured.Unstructured, way ...string) map[string]any {
	t.Helper()
	at := specOf(t, crd)
	for _, name := range append(way, "properties") {
		at = at[name].(map[string]any)
	}
	return at
}

func specOf(t *testing.T, crd *unstructured.Unstructured) map[string]any {
	t.Helper()
	version := crd.Object["spec"].(map[string]any)["versions"].([]any)[0].(map[string]any)
	at := version["schema"].(map[string]any)
	for _, name := range []string{"openAPIV3Schema", "properties", "spec"} {
		at = at[name].(map[string]any)
	}
	return at
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	remove := func(names []string, way ...string) func(t *testing.T, crd *unstructured.Unstructured) {
		return func(t *testing.T, crd *unstructured.Unstructured) {
			all := properties(t, crd, way...)
			for _, name := range names {
				if all[name] == nil {
					t.Fatalf("there is no %s", name)
				}
				delete(all, name)
			}
		}
	}
	sink := []string{"properties", "sinks", "items"}
	for name, test := range map[string]struct {
		change func(t *testing.T, crd *unstructured.Unstructured)
		want   result
	}{
		"this version": {
			func(*testing.T, *unstructured.Unstructured) {},
			result{"", ok, "webhooks.superoffice.dev/v1alpha1 is installed, with the fields that this plugin knows", ""},
		},
		"without a field of spec": {
			remove([]string{"suspend"}),
			result{"", warning, "it is older than this plugin: spec has no suspend", ""},
		},
		"without a field of a field": {
			remove([]string{"pool"}, "properties", "receiver"),
			result{"", warning, "it is older than this plugin: spec has no receiver.pool", ""},
		},
		"without one of an element of a list, which others share": {
			remove([]string{"username"}, append(sink, "properties", "kafka", "properties", "sasl")...),
			result{"", warning, "it is older than this plugin: spec has no sinks.kafka.sasl.username", ""},
		},
		"without many": {
			remove([]string{"http", "kafka", "log", "nats", "rabbitMQ", "redis", "filter"}, sink...),
			result{"", warning, "it is older than this plugin: spec has no sinks.filter, sinks.http, sinks.kafka, sinks.log, sinks.nats and 2 more", ""},
		},
		"with a field that nobody knows": {
			func(t *testing.T, crd *unstructured.Unstructured) {
				properties(t, crd, "properties", "receiver")["colour"] = map[string]any{"type": "string"}
			},
			result{"", warning, "it is newer than this plugin, which does not know in spec: receiver.colour", ""},
		},
		"with fields in an object that takes any": {
			func(t *testing.T, crd *unstructured.Unstructured) {
				metric := properties(t, crd, "properties", "receiver", "properties", "autoscaling")["metrics"].(map[string]any)["items"].(map[string]any)
				metric["properties"] = map[string]any{"type": map[string]any{"type": "string"}}
			},
			result{"", ok, "webhooks.superoffice.dev/v1alpha1 is installed, with the fields that this plugin knows", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crd := definition(t)
			test.change(t, crd)
			p := with(crd)
			f := &findings{}
			p.definition(t.Context(), f)
			for i := range f.results {
				f.results[i].Do = ""
			}
			if diff := cmp.Diff([]result{test.want}, f.results); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
