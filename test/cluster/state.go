// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/superoffice-webhook/operator/test/cluster/dirlock"
)

// state is the temporary directory of a cluster. It is locked for as long as its owner lives, which tells a directory
// in use from one that a killed process left.
type state struct {
	dir  string
	lock *dirlock.Lock
}

// newState makes a directory, and removes those that lost their owner.
func newState(ctx context.Context) (*state, error) {
	base := filepath.Join(os.TempDir(), fmt.Sprintf("superoffice-webhook-cluster-%d", os.Getuid()))
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	if err := checkOwner(base); err != nil {
		return nil, err
	}
	// Held while a directory exists but is not locked yet, so that nobody takes it for abandoned.
	lock, err := dirlock.Wait(ctx, base)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	removeAbandoned(base)

	dir, err := os.MkdirTemp(base, "")
	if err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	own, err := dirlock.Try(dir)
	if err != nil {
		return nil, err
	}
	return &state{dir: dir, lock: own}, nil
}

// checkOwner refuses a directory that somebody else has made, or can change: temporary directories are everybody's.
func checkOwner(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at state directory: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(stat.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("state directory %s: not a directory that only this user can change", dir)
	}
	return nil
}

// removeAbandoned is a courtesy: what cannot be removed does no harm.
func removeAbandoned(base string) {
	entries, _ := os.ReadDir(base)
	for _, entry := range entries {
		dir := filepath.Join(base, entry.Name())
		if lock, err := dirlock.Try(dir); err == nil {
			_ = os.RemoveAll(dir)
			lock.Release()
		}
	}
}

func (s *state) path(name string) string { return filepath.Join(s.dir, name) }

func (s *state) remove() error {
	defer s.lock.Release()
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("remove state directory: %w", err)
	}
	return nil
}
