// SPDX-License-Identifier: Apache-2.0

//go:build unix

package queue

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/sys/unix"
)

const (
	// maxHeld is how many files are held at most: those that are removed in a step, the one that is rewritten, and some that were
	// left behind by a step before.
	maxHeld = removeStep/(8<<20) + 4
	// freeStep is how many bytes of a file are freed at a time, which takes less than half a millisecond; freePause is waited in
	// between.
	freeStep, freePause = 1 << 20, time.Millisecond
)

// held are files that the engine may be about to remove. To free the 8 MiB of one takes the kernel 3 ms, and the engine stores
// nothing while it removes all of a step. A file that somebody has open only loses its name by that, which takes no time, and its
// bytes can be freed by and by.
type held []*os.File

// blocks is where the engine has the messages of a stream (nats-server v2.15, filestore): in files like "12.blk", numbered as they
// were made.
func (s *Server) blocks(stream string) string {
	return filepath.Join(s.nats.JetStreamConfig().StoreDir, server.DEFAULT_GLOBAL_ACCOUNT, "streams", stream, "msgs")
}

// holdOldest holds the oldest blocks in a directory. Those that are not found are freed by whoever removes them.
func holdOldest(dir string) held {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var numbers []int
	for _, f := range files {
		number, is := strings.CutSuffix(f.Name(), ".blk")
		if n, err := strconv.Atoi(number); is && err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	var h held
	for _, n := range numbers[:min(maxHeld, len(numbers))] {
		if f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(n)+".blk"), os.O_RDWR, 0); err == nil { // #nosec G304 -- found there
			h = append(h, f)
		}
	}
	return h
}

// free lets go of all, and of those that were removed frees the bytes.
func (h held) free(ctx context.Context) {
	for _, f := range h {
		shrink(ctx, f)
		_ = f.Close() // which frees what is left of it
	}
}

// shrink frees the bytes of a file that has no name any more, so that nobody can want them. Any other it leaves alone.
func shrink(ctx context.Context, f *os.File) {
	var is unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &is); err != nil || is.Nlink > 0 { // #nosec G115 -- a file descriptor fits
		return
	}
	for size := is.Size; size > freeStep && ctx.Err() == nil; time.Sleep(freePause) {
		if size -= freeStep; f.Truncate(size) != nil {
			return
		}
	}
}
