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

// keepWithin has the garbage collector work harder before the memory of the container is used up. GOMEMLIMIT, where it is set,
// says something else. It returns the limit in bytes, or 0 where it set none.
//
// GOGC stays what it is. A higher one was tried: it saves nothing, and on one processor it makes the longest waits of intake
// longer, because Go does not look at the network while it sweeps, and has more to sweep at a time.
func keepWithin(cgroup string) (limit int64) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return 0
	}
	if limit = limitOf(cgroup); limit > 0 {
		debug.SetMemoryLimit(limit)
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
