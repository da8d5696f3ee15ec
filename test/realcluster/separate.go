// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// separate keeps what the cluster's programs write away from the machine, and gives them networks.
func (n *inside) separate(ctx context.Context) error {
	// Volumes that kubelet mounts have to reach containers that the container runtime starts.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("share mounts among the cluster's processes: %w", err)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	if err := n.overlay("/var"); err != nil {
		return err
	}
	for _, p := range places {
		if err := p.connect(ctx); err != nil {
			return fmt.Errorf("set up the network of %s: %w", p.name, err)
		}
	}
	return nil
}

// overlay catches what is written below a folder.
func (n *inside) overlay(path string) error {
	upper, work := filepath.Join(n.state, "overlay", path), filepath.Join(n.state, "overlay-work", path)
	for _, dir := range []string{upper, work} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	options := "lowerdir=" + path + ",upperdir=" + upper + ",workdir=" + work
	if err := unix.Mount("overlay", path, "overlay", 0, options); err != nil {
		return fmt.Errorf("mount an overlay over %s: %w", path, err)
	}
	return nil
}
