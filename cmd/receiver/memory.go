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
	// garbage is how much of it may gather while there is room, in percent of what is in use. Go's default of 100 has the
	// collector run twenty times a second under load, for a heap of a few MiB.
	garbage = 300
)

// keepWithin has the garbage collector work less while there is room, and more before the memory of the container is used
// up. GOMEMLIMIT and GOGC, where they are set, say something else. It returns the limit in bytes, or 0 where it set none.
func keepWithin(cgroup string) (limit int64) {
	known := os.Getenv("GOMEMLIMIT") != ""
	if !known {
		if limit = limitOf(cgroup); limit == 0 {
			return 0
		}
		debug.SetMemoryLimit(limit)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	return limit
}

// limitOf is the collector's share of what a container may have, or 0 where no limit is known.
func limitOf(cgroup string) int64 {
	text, err := os.ReadFile(filepath.Join(cgroup, "memory.max")) // #nosec G304 -- of the kernel
	if err != nil {
		return 0
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil { // "max"
		return 0
	}
	return limit / 100 * share
}
