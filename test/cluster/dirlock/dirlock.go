// SPDX-License-Identifier: Apache-2.0

// Package dirlock locks directories between processes. The lock belongs to the process and ends with it, however it
// ends; nothing is written into the directory.
package dirlock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// pollInterval is how often Wait tries: a blocking flock could not be called off.
const pollInterval = 200 * time.Millisecond

// ErrLocked says that another holder has the lock.
var ErrLocked = errors.New("locked by another process")

// Lock is a lock that is held.
type Lock struct{ dir *os.File }

// Try takes the lock of an existing directory, or returns ErrLocked at once.
func Try(path string) (*Lock, error) {
	dir, err := os.Open(path) // #nosec G304 -- the caller's own directory
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return &Lock{dir: dir}, nil
	}
	_ = dir.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, ErrLocked
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// Wait takes the lock of an existing directory as soon as it is free.
func Wait(ctx context.Context, path string) (*Lock, error) {
	for {
		lock, err := Try(path)
		if !errors.Is(err, ErrLocked) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("lock %s: %w", path, context.Cause(ctx))
		case <-time.After(pollInterval):
		}
	}
}

// Release gives the lock back. Closing the directory would not do: a program that is being started just then has it open, too,
// until it is the new program.
func (l *Lock) Release() {
	_ = syscall.Flock(int(l.dir.Fd()), syscall.LOCK_UN)
	_ = l.dir.Close()
}
