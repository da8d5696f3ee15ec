// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package queue

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncFileSystem writes all file systems: there is no call for one of them. It is for trying things on such machines;
// receivers run on Linux.
func syncFileSystem(*os.File) error { return unix.Sync() }
