// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"context"
	"errors"
	"path/filepath"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/superoffice-webhook/operator/test/cluster/binaries"
)

// nodeName is the one node's.
const nodeName = "node-1"

// kubeletConfig has: control group, socket, address, authority, certificate, key, DNS address, DNS domain, resolv.conf, two folders.
// A full disk of the machine's is no reason to evict pods; and tests that wait for a changed Secret do so for less than a minute.
const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: %s
containerRuntimeEndpoint: unix://` + socket + `
address: %[2]s
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: %[3]q}}
authorization: {mode: AlwaysAllow}
tlsCertFile: %[4]q
tlsPrivateKeyFile: %[5]q
clusterDNS: [%[2]s]
clusterDomain: ` + clusterDomain + `
resolvConf: ""
failSwapOn: false
enforceNodeAllocatable: []
evictionHard: {nodefs.available: "1Mi", imagefs.available: "1Mi", memory.available: "1Mi"}
imageGCHighThresholdPercent: 100
syncFrequency: 15s
`

const proxyConfig = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: %q}
mode: iptables
clusterCIDR: ` + podRange + `
bindAddress: 127.0.0.1
hostnameOverride: ` + nodeName + `
conntrack: {maxPerCore: 0}
`

// corefile has: address, kubeconfig. Names that are not the cluster's lead nowhere, as everything else here.
const corefile = `.:53 {
  bind %s
  errors
  kubernetes ` + clusterDomain + ` in-addr.arpa {
    kubeconfig %s
    ttl 1
  }
}
`

func (n *node) startNode(ctx context.Context) error {
	kubeconfig := n.cluster.Kubeconfig()
	files := n.cluster.NodeFiles()
	for _, err := range []error{
		n.write("kubelet.yaml", kubeletConfig, n.controlGroup, address, files.Authority, files.Certificate, files.Key),
		n.write("proxy.yaml", proxyConfig, kubeconfig),
		n.write("Corefile", corefile, address, kubeconfig),
	} {
		if err != nil {
			return err
		}
	}
	for program, args := range map[binaries.Program][]string{
		binaries.Scheduler: {"--kubeconfig=" + kubeconfig, "--leader-elect=false", "--secure-port=0"},
		binaries.Proxy:     {"--config=" + n.path("proxy.yaml")},
		binaries.CoreDNS:   {"-conf", n.path("Corefile")},
	} {
		if _, err := n.startComponent(string(program), n.programs[program], args...); err != nil {
			return err
		}
	}
	kubelet, err := n.startComponent("kubelet", n.programs[binaries.Kubelet],
		"--kubeconfig="+kubeconfig,
		"--config="+n.path("kubelet.yaml"),
		"--hostname-override="+nodeName,
		"--node-ip="+address.String(),
	)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(n.cluster.Config())
	if err != nil {
		return err
	}
	return n.await(ctx, "kubelet", kubelet, func(ctx context.Context) error { return nodeReady(ctx, client) })
}

func (n *node) path(name string) string { return filepath.Join(n.state, name) }

func nodeReady(ctx context.Context, client kubernetes.Interface) error {
	node, err := client.CoreV1().Nodes().Get(ctx, nodeName, meta.GetOptions{})
	if err != nil {
		return err
	}
	for _, c := range node.Status.Conditions {
		if c.Type == core.NodeReady && c.Status == core.ConditionTrue {
			return nil
		}
	}
	return errors.New("the node is not ready")
}
