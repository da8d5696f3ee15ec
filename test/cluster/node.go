// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/superoffice-webhook/operator/test/cluster/agent"
	"github.com/superoffice-webhook/operator/test/cluster/agent/server"
)

// NodeName is what the cluster's one node is called.
const NodeName = "local"

func (c *Cluster) startNode(ctx context.Context, images map[string]string) error {
	certificate, err := tls.X509KeyPair(c.ids.node.certificate, c.ids.node.key)
	if err != nil {
		return fmt.Errorf("read certificate of node: %w", err)
	}
	clients := x509.NewCertPool()
	clients.AddCert(c.ids.authority.certificate)
	dir := c.state.path("pods")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make directory for pods: %w", err)
	}
	c.node, err = agent.Start(ctx, agent.Options{
		Config:   c.Config(),
		NodeName: NodeName,
		Dir:      dir,
		Images:   images,
		Spawner:  c.spawner,
		TLS:      server.TLS{Certificate: certificate, ClientCA: clients, ClientName: nodeClient},
	})
	return err
}

// ErrNoNode says that a cluster was asked about a pod that it cannot run.
var ErrNoNode = errors.New("the cluster was started without a node")

// PodAddress returns the address of a pod that has one. Programs on this machine reach the pod's ports there.
func (c *Cluster) PodAddress(namespace, pod string) (string, error) {
	if c.node == nil {
		return "", ErrNoNode
	}
	return c.node.Address(namespace, pod)
}

// Kill kills the process of a container as a crash would, with SIGKILL, and returns when it has ended. It is restarted
// as the pod says.
func (c *Cluster) Kill(namespace, pod, container string) error {
	if c.node == nil {
		return ErrNoNode
	}
	return c.node.Kill(namespace, pod, container)
}
