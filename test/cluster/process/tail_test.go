// SPDX-License-Identifier: Apache-2.0

package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a line of a log\n", 1000) + "the last one\n"
	for name, c := range map[string]struct{ log, want string }{
		"is all of a short log":          {"one\ntwo\n", "one\ntwo\n"},
		"is nothing of an empty log":     {"", ""},
		"is the end of a long log":       {long, long[len(long)-tailSize:]},
		"keeps a last line without end":  {"one\ntwo", "one\ntwo"},
		"is all of a log just as long":   {long[:tailSize], long[:tailSize]},
		"leaves out what is one too far": {long[:tailSize+1], long[1 : tailSize+1]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(path, []byte(c.log), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := Tail(path); got != c.want {
				t.Errorf("got %d bytes: %.60q…, want %d: %.60q…", len(got), got, len(c.want), c.want)
			}
		})
	}
	t.Run("of a missing file is nothing", func(t *testing.T) {
		t.Parallel()
		if got := Tail(filepath.Join(t.TempDir(), "missing")); got != "" {
			t.Errorf("got %q", got)
		}
	})
}
