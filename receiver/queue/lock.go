// SPDX-License-Identifier: Apache-2.0

//go:build unix

package queue

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrInUse: another process has the queue's directory open.
var ErrInUse = errors.New("the queue directory is in use by another process")

// lock keeps a second process out of a directory. The kernel lets go of it when the process ends, however it ends.
func lock(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil { // #nosec G703 -- the operator of the process names the directory
		return nil, fmt.Errorf("create the queue directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 G703 -- the operator of the process names the directory
	if err != nil {
		return nil, fmt.Errorf("lock the queue directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { // #nosec G115 -- a file descriptor fits
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
		}
		return nil, fmt.Errorf("lock the queue directory: %w", err)
	}
	return f, nil
}

// unlock lets another process in, or another server of this one. Closing the file would not do: a program that is being started
// just then has it open, too, until it is the new program, and the lock is the file's.
func unlock(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // #nosec G115 -- a file descriptor fits
	_ = f.Close()
}
