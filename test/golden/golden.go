// SPDX-License-Identifier: Apache-2.0

// Package golden holds what is made against files that are checked in.
package golden

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the files anew that tests compare with")

// Check compares with a file, which it writes before when the test was run with -update.
func Check(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil { // #nosec G306 -- it is checked in
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file) // #nosec G304 -- a test names it
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); if it is right, -update writes it\n%s", file, diff)
	}
}
