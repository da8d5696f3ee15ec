// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	// pauseImage is the name that the archive Options.PauseImage gives it.
	pauseImage = "ghcr.io/superoffice-webhook/pause:e2e"
	socket     = "/run/containerd/containerd.sock"
)

// runtimeConfig has: root, image, plugins of the network, their configuration.
// Version 2 is understood by all versions of containerd since 1.3. A root without CAP_SYS_RESOURCE cannot protect processes from
// the kernel when memory is short, and need not here.
const runtimeConfig = `version = 2
root = %q
state = "/run/containerd"
[grpc]
  address = "` + socket + `"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %q
    conf_dir = %q
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`

// networkConfig has the range of addresses. Each pod is at the end of a cable of its own: all it sends is routed by the node, so Services
// work between pods too without the kernel's module br_netfilter, which a bridge would need.
const networkConfig = `{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}
]}
`

func (n *node) startRuntime(ctx context.Context) error {
	network := filepath.Join(n.state, "cni")
	if err := os.MkdirAll(network, 0o750); err != nil {
		return err
	}
	if err := n.write("cni/10-pods.conflist", networkConfig, podRange); err != nil {
		return err
	}
	if err := n.write("containerd.toml", runtimeConfig, filepath.Join(n.state, "containerd"), pauseImage, networkPluginFolder(), network); err != nil {
		return err
	}
	path, err := exec.LookPath("containerd")
	if err != nil {
		return err
	}
	containerd, err := n.startComponent("containerd", path, "--config", filepath.Join(n.state, "containerd.toml"))
	if err != nil {
		return err
	}
	err = n.await(ctx, "containerd", containerd, func(ctx context.Context) error {
		return exec.CommandContext(ctx, "ctr", "--address", socket, "version").Run()
	})
	if err != nil {
		return err
	}
	load := exec.CommandContext(ctx, "sh", "-c", n.loadCommand()+` "$0"`, n.PauseImage) // #nosec G204 -- a constant and a path
	if out, err := load.CombinedOutput(); err != nil {
		return fmt.Errorf("load %s: %w: %s", n.PauseImage, err, out)
	}
	return nil
}

// loadCommand loads the image archive that is named after it.
func (n *node) loadCommand() string {
	return "ctr --address " + socket + " --namespace k8s.io images import"
}

// write writes a file of the state from a template.
func (n *node) write(name, template string, values ...any) error {
	return os.WriteFile(filepath.Join(n.state, name), fmt.Appendf(nil, template, values...), 0o600)
}
