// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// pauseImage is the name that the archive Options.PauseImage gives it.
const pauseImage = "ghcr.io/superoffice-webhook/pause:e2e"

// runtimeConfig has: root, state, socket, image, plugins of the network, their configuration.
// Version 2 is understood by all versions of containerd since 1.3. A root without CAP_SYS_RESOURCE cannot protect processes from
// the kernel when memory is short, and need not here.
const runtimeConfig = `version = 2
root = %q
state = %q
[grpc]
  address = %q
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %q
    conf_dir = %q
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`

// networkConfig has the node and the range of its pods' addresses. Each pod is at the end of a cable of its own: all it sends is routed by the node, so Services
// work between pods too without the kernel's module br_netfilter, which a bridge would need.
const networkConfig = `{"cniVersion": "1.0.0", "name": "pods-%s", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}
]}
`

func (n *inside) startRuntime(ctx context.Context, p place) error {
	network := n.path("cni-" + p.name)
	if err := os.MkdirAll(network, 0o750); err != nil {
		return err
	}
	if err := n.write("cni-"+p.name+"/10-pods.conflist", networkConfig, p.name, p.pods); err != nil {
		return err
	}
	config := "containerd-" + p.name + ".toml"
	err := n.write(config, runtimeConfig, n.path("containerd-"+p.name), filepath.Dir(p.socket()), p.socket(), pauseImage, networkPluginFolder(), network)
	if err != nil {
		return err
	}
	name := "containerd-" + p.name
	containerd, err := n.startComponent(name, p.within("containerd", "--config", n.path(config))...)
	if err != nil {
		return err
	}
	err = n.await(ctx, name, containerd, func(ctx context.Context) error {
		return run(ctx, []string{"ctr", "--address", p.socket(), "version"})
	})
	if err != nil {
		return err
	}
	return run(ctx, append(loadInto(p), n.PauseImage))
}

// loadInto loads the image archive that is named after it.
func loadInto(p place) []string {
	return []string{"ctr", "--address", p.socket(), "--namespace", "k8s.io", "images", "import"}
}

// loadCommand loads an archive into all nodes: a script, which is told the archive.
func (n *inside) loadCommand() (string, error) {
	var script strings.Builder
	script.WriteString("set -e\n")
	for _, p := range places {
		_, _ = fmt.Fprintf(&script, "%s \"$1\"\n", strings.Join(loadInto(p), " "))
	}
	path := n.path("load.sh")
	return "sh " + path, os.WriteFile(path, []byte(script.String()), 0o600)
}

// write writes a file of the state from a template.
func (n *inside) write(name, template string, values ...any) error {
	return os.WriteFile(n.path(name), fmt.Appendf(nil, template, values...), 0o600)
}

func (n *inside) path(name string) string { return filepath.Join(n.state, name) }
