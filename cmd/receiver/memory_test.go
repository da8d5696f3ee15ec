// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// It is not parallel: the limit is the process's.
func TestKeepWithin(t *testing.T) {
	before, percent := debug.SetMemoryLimit(-1), debug.SetGCPercent(100)
	defer debug.SetMemoryLimit(before)
	defer debug.SetGCPercent(percent)
	for name, c := range map[string]struct {
		file, variable, gogc string
		want                 int64
		wantPercent          int
	}{
		"a container with a limit":              {file: "536870912\n", want: 536870912 / 100 * 80, wantPercent: garbage},
		"a container without one":               {file: "max\n"},
		"no container":                          {},
		"somebody who knows better":             {file: "536870912\n", variable: "1GiB", wantPercent: garbage},
		"somebody who knows all about garbage":  {file: "536870912\n", gogc: "50", want: 536870912 / 100 * 80},
		"what the kernel is not known to write": {file: "plenty\n"},
	} {
		t.Run(name, func(t *testing.T) {
			debug.SetMemoryLimit(before)
			debug.SetGCPercent(100)
			t.Setenv("GOMEMLIMIT", c.variable)
			t.Setenv("GOGC", c.gogc)
			dir := t.TempDir()
			if c.file != "" {
				if err := os.WriteFile(filepath.Join(dir, "memory.max"), []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := keepWithin(dir); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
			want := before
			if c.want != 0 {
				want = c.want
			}
			if is := debug.SetMemoryLimit(-1); is != want {
				t.Errorf("the limit is %d, want %d", is, want)
			}
			if is := debug.SetGCPercent(100); is != cmp.Or(c.wantPercent, 100) {
				t.Errorf("garbage may be %d percent, want %d", is, cmp.Or(c.wantPercent, 100))
			}
		})
	}
}
