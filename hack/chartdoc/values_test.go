// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	got, err := describe([]byte(`# About the file.

# The
# image.
image:
  # Its a|b.
  tag: ""
# How many.
replicas: 1
# Security.
security:
  drop: [ALL]
# More.
more: {}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []row{
		{"image.*", "", "The image."},
		{"image.tag", `""`, `Its a\|b.`},
		{"replicas", "1", "How many."},
		{"security", `{"drop":["ALL"]}`, "Security."},
		{"more", "{}", "More."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhatCannotBeDescribedIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ values, message string }{
		"a value without a comment":   {"# A.\na: 1\nb: 2\n", "line 3: b has no comment"},
		"a value of a group likewise": {"# A.\na:\n  # B.\n  b: 1\n  c: 2\n", "line 5: a.c has no comment"},
		"values that are no map":      {"[]", "read the values: they must be a map"},
		"an empty file":               {"", "read the values: they must be a map"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := describe([]byte(c.values)); err == nil || err.Error() != c.message {
				t.Errorf("got %v, want %s", err, c.message)
			}
		})
	}
}
