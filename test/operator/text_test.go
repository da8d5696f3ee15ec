// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"strings"
	"testing"
)

func wantContains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

// wantLacks does not print the text: it may hold a secret.
func wantLacks(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for i, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%s holds the value %d of those that must not be there", what, i+1)
		}
	}
}
