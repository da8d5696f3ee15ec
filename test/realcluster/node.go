// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"context"
	"errors"
	"net"
	"net/url"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/superoffice-webhook/operator/test/cluster/binaries"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// kubeletConfig has: control group, socket, address, authority, certificate, key, address of the name server.
// A full disk of the machine's is no reason to evict pods; and tests that wait for a changed Secret do so for less than a minute.
const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: %s
containerRuntimeEndpoint: unix://%s
address: %s
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: %q}}
authorization: {mode: AlwaysAllow}
tlsCertFile: %q
tlsPrivateKeyFile: %q
clusterDNS: [%s]
clusterDomain: ` + clusterDomain + `
resolvConf: ""
failSwapOn: false
enforceNodeAllocatable: []
evictionHard: {nodefs.available: "1Mi", imagefs.available: "1Mi", memory.available: "1Mi"}
imageGCHighThresholdPercent: 100
syncFrequency: 15s
`

// proxyConfig has: kubeconfig, node.
const proxyConfig = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: %q}
mode: iptables
clusterCIDR: ` + podRange + `
bindAddress: 127.0.0.1
hostnameOverride: %s
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

// startNodes starts what is there once, then what each node has, and waits for all.
func (n *inside) startNodes(ctx context.Context) error {
	if err := n.write("Corefile", corefile, center, n.cluster.Kubeconfig()); err != nil {
		return err
	}
	for program, args := range map[binaries.Program][]string{
		binaries.Scheduler: {"--kubeconfig=" + n.cluster.Kubeconfig(), "--leader-elect=false", "--secure-port=0"},
		binaries.CoreDNS:   {"-conf", n.path("Corefile")},
	} {
		if _, err := n.startComponent(string(program), append([]string{n.programs[program]}, args...)...); err != nil {
			return err
		}
	}
	kubeconfig, err := n.kubeconfigOfNodes()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(n.cluster.Config())
	if err != nil {
		return err
	}
	kubelets := map[string]*process.Process{}
	for _, p := range places {
		if kubelets[p.name], err = n.startNode(p, kubeconfig); err != nil {
			return err
		}
	}
	for name, kubelet := range kubelets {
		if err := n.await(ctx, "kubelet-"+name, kubelet, func(ctx context.Context) error { return nodeReady(ctx, client, name) }); err != nil {
			return err
		}
	}
	return nil
}

// kubeconfigOfNodes leads to the API server from each node, as that of the cluster does from the first alone.
func (n *inside) kubeconfigOfNodes() (string, error) {
	config, err := clientcmd.LoadFromFile(n.cluster.Kubeconfig())
	if err != nil {
		return "", err
	}
	for _, c := range config.Clusters {
		server, err := url.Parse(c.Server)
		if err != nil {
			return "", err
		}
		server.Host = net.JoinHostPort(center.String(), server.Port())
		c.Server = server.String()
	}
	path := n.path("nodes.kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

// startNode returns the node's kubelet.
func (n *inside) startNode(p place, kubeconfig string) (*process.Process, error) {
	files := n.cluster.NodeFiles()
	kubelet, proxy := "kubelet-"+p.name, "kube-proxy-"+p.name
	for _, err := range []error{
		n.write(kubelet+".yaml", kubeletConfig, n.controlGroup+"/"+p.name, p.socket(), p.address, files.Authority, files.Certificate, files.Key, center),
		n.write(proxy+".yaml", proxyConfig, kubeconfig, p.name),
	} {
		if err != nil {
			return nil, err
		}
	}
	if _, err := n.startComponent(proxy, p.within(n.programs[binaries.Proxy], "--config="+n.path(proxy+".yaml"))...); err != nil {
		return nil, err
	}
	return n.startComponent(kubelet, p.within(n.programs[binaries.Kubelet],
		"--kubeconfig="+kubeconfig,
		"--config="+n.path(kubelet+".yaml"),
		"--root-dir=/var/lib/"+kubelet,
		"--hostname-override="+p.name,
		"--node-ip="+p.address.String(),
	)...)
}

func nodeReady(ctx context.Context, client kubernetes.Interface, name string) error {
	node, err := client.CoreV1().Nodes().Get(ctx, name, meta.GetOptions{})
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
