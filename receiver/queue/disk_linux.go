// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncFileSystem writes everything of the file system that a directory lies on, files that the engine has made since
// included, and tells of errors that happened meanwhile (syncfs(2), Linux 5.8).
func syncFileSystem(dir *os.File) error {
	return unix.Syncfs(int(dir.Fd())) // #nosec G115 -- a file descriptor fits
}
