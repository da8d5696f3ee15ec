// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// processesOf are the command lines of all processes that have to do with a directory: that name it, or are in it.
// What has ended and only waits to be reaped has neither.
func processesOf(dir string) []string {
	var found []string
	paths, _ := filepath.Glob("/proc/[0-9]*")
	for _, path := range paths {
		line, err := os.ReadFile(filepath.Join(path, "cmdline"))
		if err != nil {
			continue // it has just ended
		}
		command := strings.ReplaceAll(strings.TrimRight(string(line), "\x00"), "\x00", " ")
		cwd, _ := os.Readlink(filepath.Join(path, "cwd"))
		if strings.Contains(command, dir) || strings.HasPrefix(cwd, dir) {
			found = append(found, filepath.Base(path)+" "+command)
		}
	}
	return found
}

// awaitNoProcesses waits until none is left that has to do with a directory.
func awaitNoProcesses(t *testing.T, dir string) {
	t.Helper()
	eventually(t, func() string {
		if left := processesOf(dir); len(left) > 0 {
			return "processes are left: " + strings.Join(left, "; ")
		}
		return ""
	})
}
