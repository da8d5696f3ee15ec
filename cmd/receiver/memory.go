// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
)

const (
	// cgroup is where a container sees its own limits (cgroup v2).
	cgroup = "/sys/fs/cgroup"
	// share of the container's memory that the garbage collector keeps to, in percent. The rest is for what it does not see:
	// the program itself, the kernel's buffers of connections, and files of the queue that are being written.
	share = 80
)

// keepWithin has the garbage collector work harder before the memory of the container is used up, unless GOMEMLIMIT says
// something else. It returns the limit in bytes, or 0 where none is known.
func keepWithin(cgroup string) int64 {
	if os.Getenv("GOMEMLIMIT") != "" {
		return 0
	}
	text, err := os.ReadFile(filepath.Join(cgroup, "memory.max")) // #nosec G304 -- of the kernel
	if err != nil {
		return 0
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil { // "max"
		return 0
	}
	limit = limit / 100 * share
	debug.SetMemoryLimit(limit)
	return limit
}
