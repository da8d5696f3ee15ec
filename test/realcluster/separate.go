// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Addresses within the cluster's own network namespace, which leads nowhere else.
const (
	podRange      = "10.244.0.0/16"
	clusterDomain = "cluster.local"
)

// address is that of the node, the API server and the name server.
var address = net.IPv4(10, 243, 0, 1)

// separate keeps what the cluster's programs write away from the machine, and gives them a network.
func (n *node) separate() error {
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
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600); err != nil {
		return fmt.Errorf("set up the network: %w", err)
	}
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"address", "add", address.String() + "/32", "dev", "lo"},
	} {
		if out, err := exec.CommandContext(context.Background(), "ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("set up the network: ip %v: %w: %s", args, err, out)
		}
	}
	return nil
}

// overlay catches what is written below a folder.
func (n *node) overlay(path string) error {
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
