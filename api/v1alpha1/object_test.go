// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// minimal is the least that has to be said.
const minimal = `
apiVersion: webhooks.superoffice.dev/v1alpha1
kind: SuperOfficeWebhook
metadata: {name: crm, namespace: sales}
spec:
  secret: {name: crm-webhook}
  sinks:
  - name: erp
    http: {url: https://erp.example.com/hooks}
`

// object is a resource as a user writes it.
type object = *unstructured.Unstructured

// set is one change of a resource: a field by its path, like spec.sinks[0].http.timeout, and its value as YAML.
type set struct{ path, value string }

// webhook is the minimal resource with changes.
func webhook(t *testing.T, changes ...set) object {
	t.Helper()
	return changed(t, minimal, changes...)
}

// changed is a resource with changes.
func changed(t *testing.T, text string, changes ...set) object {
	t.Helper()
	o := read(t, text)
	for _, c := range changes {
		var value any
		if err := yaml.Unmarshal([]byte(c.value), &value); err != nil {
			t.Fatalf("%s: %v", c.path, err)
		}
		steps := strings.FieldsFunc(c.path, func(r rune) bool { return strings.ContainsRune(".[]", r) })
		put(o.Object, steps, value)
	}
	return o
}

func read(t *testing.T, text string) object {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict([]byte(text), &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}

// put sets a field of a field of … and makes those in between that are not there.
func put(in any, steps []string, value any) {
	first, rest := steps[0], steps[1:]
	if list, ok := in.([]any); ok {
		i, _ := strconv.Atoi(first)
		if len(rest) == 0 {
			list[i] = value
			return
		}
		put(list[i], rest, value)
		return
	}
	fields := in.(map[string]any)
	if len(rest) == 0 {
		fields[first] = value
		return
	}
	if fields[first] == nil {
		fields[first] = map[string]any{}
	}
	put(fields[first], rest, value)
}
