// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

const (
	// cgroup is where a container sees its own limits (cgroup v2).
	cgroup = "/sys/fs/cgroup"
	// share of the container's memory that the garbage collector keeps to, in percent. The rest is for what it does not see:
	// the program itself, the kernel's buffers of connections, and files of the queue that are being written.
	share = 80

	// garbage is how much may come together before it is collected, in bytes.
	garbage = 16 << 20
	// most and least are the bounds of GOGC, in percent of what is in use. Below, it would take too long to look through that so often.
	most, least = 100, 25
	// collectorInterval is how often it is held against what is in use.
	collectorInterval = time.Second
)

// keepWithin has the garbage collector work harder before the memory of the container is used up. GOMEMLIMIT, where it is set,
// says something else. It returns the limit in bytes, or 0 where it set none.
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

// keepTidy has garbage collected when there is so much of it, even where more than that is in use, until ctx ends. On one processor
// Go does not look at the network while it sweeps, so intake waits as long as there is something to sweep. GOGC, where it is set,
// says something else.
func keepTidy(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	tick := time.NewTicker(collectorInterval)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for percent := most; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(live)
		if next := percentOf(live[0].Value.Uint64()); next != percent {
			percent = next
			debug.SetGCPercent(percent)
		}
	}
}

// percentOf is the GOGC that allows for garbage beside so many bytes in use. It goes in steps, since to set it stops all for a moment.
func percentOf(live uint64) int {
	const step = 5
	return max(least, min(most, int(garbage*100/max(live, 1))/step*step)) // #nosec G115 -- a percentage of garbage fits
}
