// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	var s schema
	if err := yaml.UnmarshalStrict([]byte(`
type: object
description: |-
  What is
  wanted.

    an: example
required: [sinks]
x-kubernetes-validations:
- {rule: "true", message: one of a|b must be set}
properties:
  sinks:
    type: array
    minItems: 1
    maxItems: 16
    items:
      type: object
      description: One sink.
      properties:
        format: {type: string, default: Raw, enum: [Raw, Other]}
  size: {x-kubernetes-int-or-string: true, description: A|B}
  names:
    type: array
    items: {type: string, maxLength: 9, x-kubernetes-validations: [{rule: "self != ''"}]}
  labels: {type: object, additionalProperties: {type: string}}
  when: {type: string, format: date-time}
  count: {type: integer, minimum: 0, maximum: 7}
`), &s); err != nil {
		t.Fatal(err)
	}
	want := []section{
		{
			Path: "spec", Text: "What is wanted.\n\n`an: example`", Rules: []string{"one of a|b must be set"},
			Fields: []field{
				{Name: "count", Type: "integer", Text: "Minimum 0.<br>Maximum 7."},
				{Name: "labels", Type: "map of string"},
				{Name: "names", Type: "list of string", Text: "Up to 9 characters.<br>Checked of each: `self != ''`."},
				{Name: "sinks", Type: "[list of object](#specsinks)", Text: "At least 1.<br>At most 16.", Required: true},
				{Name: "size", Type: "integer or string", Text: `A\|B`},
				{Name: "when", Type: "time"},
			},
		},
		{
			Path: "spec.sinks[]", Text: "One sink.",
			Fields: []field{{Name: "format", Type: "string", Default: `"Raw"`, Text: "One of `Raw`, `Other`."}},
		},
	}
	if diff := cmp.Diff(want, describe("spec", s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, message string }{
		"no definition":   {"kind: [", "read the definition: error converting YAML to JSON"},
		"several":         {"spec: {versions: [{name: v1}, {name: v2}]}", "there are 2 versions: say which one to write about"},
		"a unknown field": {"specs: {}", `read the definition: error unmarshaling JSON: while decoding JSON: json: unknown field "specs"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := reference([]byte(c.file))
			if err == nil || len(err.Error()) < len(c.message) || err.Error()[:len(c.message)] != c.message {
				t.Errorf("got %v, want %s", err, c.message)
			}
		})
	}
}
