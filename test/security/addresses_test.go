// SPDX-License-Identifier: Apache-2.0

package security

import (
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProbeAndSinksKeepAwayFromTheSame fails for a network that one of two lists has and the other lacks. There are two,
// because controllers do not import what faces the internet.
func TestProbeAndSinksKeepAwayFromTheSame(t *testing.T) {
	t.Parallel()
	lists := map[string][]string{}
	for _, file := range []string{"../../receiver/guard/guard.go", "../../controllers/probe/guard.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lists[file] = regexp.MustCompile(`netip\.MustParsePrefix\(.*`).FindAllString(string(source), -1)
		if len(lists[file]) < 5 {
			t.Errorf("%s: found only %q", file, lists[file])
		}
	}
	if difference := cmp.Diff(lists["../../receiver/guard/guard.go"], lists["../../controllers/probe/guard.go"]); difference != "" {
		t.Errorf("(-receiver/guard +controllers/probe):\n%s", difference)
	}
}
