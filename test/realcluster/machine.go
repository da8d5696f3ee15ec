// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNotRoot says that this user cannot run containers.
var ErrNotRoot = errors.New("a cluster with containers needs root; or set KUBECONFIG to one that is there")

// networkPlugins are where Debian has them, and most others.
var networkPlugins = []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"}

// checkMachine tells all that is missing at once.
func checkMachine() error {
	if os.Geteuid() != 0 {
		return ErrNotRoot
	}
	var missing []string
	for _, each := range []struct{ program, pkg string }{
		{"containerd", "containerd"},
		{"ctr", "containerd"},
		{"runc", "runc"},
		{"iptables", "iptables"},
		{"conntrack", "conntrack"},
		{"ip", "iproute2"},
		{"nsenter", "util-linux"},
	} {
		if _, err := exec.LookPath(each.program); err != nil {
			missing = append(missing, fmt.Sprintf("%s (package %s)", each.program, each.pkg))
		}
	}
	if networkPluginFolder() == "" {
		missing = append(missing, "the network plugin ptp (package containernetworking-plugins)")
	}
	if len(missing) > 0 {
		return fmt.Errorf("a cluster with containers needs %s", strings.Join(missing, ", "))
	}
	return nil
}

// networkPluginFolder returns "" where there are none.
func networkPluginFolder() string {
	for _, dir := range networkPlugins {
		if _, err := os.Stat(filepath.Join(dir, "ptp")); err == nil {
			return dir
		}
	}
	return ""
}
