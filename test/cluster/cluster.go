// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/superoffice-webhook/operator/test/cluster/agent"
	"github.com/superoffice-webhook/operator/test/cluster/binaries"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// Options say what a cluster is made of. The zero value is a whole cluster whose node knows no image.
type Options struct {
	// Progress is told what takes long, line by line; os.Stderr if nil.
	Progress io.Writer
	// Images are the programs that stand for images in pods, by the image's repository: its name without tag and
	// digest.
	Images map[string]string
	// WithoutNode leaves the node out: pods stay pending.
	WithoutNode bool
	// WithoutControllers leaves kube-controller-manager out, and the node with it: an API server and its storage.
	WithoutControllers bool
	// NodeAddresses are those of nodes that the caller runs, with kubelets and a data path for Services. With them
	// there is no node of this package's own, the API server is reached at the first, and all controllers run.
	NodeAddresses []net.IP
	// APIServerArgs are more arguments of kube-apiserver.
	APIServerArgs []string
}

// Cluster is a running cluster.
type Cluster struct {
	spawner  *process.Spawner
	options  Options
	programs map[binaries.Program]string
	state    *state
	ids      *identities
	config   *rest.Config

	etcd, apiServer, controllerManager *component
	node                               *agent.Agent

	stop    sync.Once
	stopErr error
}

// Start brings a cluster up and returns when it is ready to be used. The context bounds the start only. Whoever gets
// a Cluster must Stop it.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Progress == nil {
		o.Progress = os.Stderr
	}
	c := &Cluster{spawner: process.NewSpawner(), options: o}
	if err := c.start(ctx, o); err != nil {
		_ = c.Stop()
		return nil, fmt.Errorf("start cluster: %w", err)
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, o Options) (err error) {
	if c.programs, err = find(ctx, binaries.Finder{Spawner: c.spawner, Progress: o.Progress}, o.needs()...); err != nil {
		return err
	}
	if c.state, err = newState(ctx); err != nil {
		return err
	}
	if c.ids, err = newIdentities(o.NodeAddresses); err != nil {
		return err
	}
	if err = c.ids.write(c.state); err != nil {
		return err
	}
	if err = c.startEtcd(ctx); err != nil {
		return err
	}
	if err = c.startAPIServer(ctx); err != nil {
		return err
	}
	if err = writeKubeconfig(c.Kubeconfig(), c.config); err != nil {
		return err
	}
	if o.WithoutControllers {
		return nil
	}
	if err = c.startControllerManager(ctx); err != nil || o.WithoutNode || len(o.NodeAddresses) > 0 {
		return err
	}
	return c.startNode(ctx, o.Images)
}

func (o Options) needs() []binaries.Program {
	if o.WithoutControllers {
		return []binaries.Program{binaries.Etcd, binaries.APIServer}
	}
	return []binaries.Program{binaries.Etcd, binaries.APIServer, binaries.ControllerManager}
}

func find(ctx context.Context, f binaries.Finder, programs ...binaries.Program) (map[binaries.Program]string, error) {
	found := map[binaries.Program]string{}
	for _, p := range programs {
		path, err := f.Find(ctx, p)
		if err != nil {
			return nil, err
		}
		found[p] = path
	}
	return found, nil
}

// Config returns an administrator's access to the API server. It is a copy: change it as you like.
func (c *Cluster) Config() *rest.Config { return rest.CopyConfig(c.config) }

// Kubeconfig returns the path of an administrator's kubeconfig, which is gone after Stop.
func (c *Cluster) Kubeconfig() string { return c.state.path("admin.kubeconfig") }

// NodeFiles are what a node outside of this process needs, in files that are gone after Stop.
type NodeFiles struct {
	// Authority is the certificate that clients and servers of the cluster are verified with.
	Authority string
	// Certificate and Key are what the node shows the API server.
	Certificate, Key string
}

// NodeFiles returns the files for the nodes at Options.NodeAddresses.
func (c *Cluster) NodeFiles() NodeFiles {
	return NodeFiles{Authority: c.state.path("ca.crt"), Certificate: c.state.path("node.crt"), Key: c.state.path("node.key")}
}

// Logs returns the directory in which the components write their logs, as <component>.log. It is gone after Stop.
func (c *Cluster) Logs() string { return c.state.dir }

// Wait returns nil when the context ends, or an error as soon as a component of the cluster ended by itself.
func (c *Cluster) Wait(ctx context.Context) error {
	manager := make(<-chan struct{})
	if c.controllerManager != nil {
		manager = c.controllerManager.process.Done()
	}
	select {
	case <-ctx.Done():
		return nil
	case <-c.etcd.process.Done():
		return c.etcd.ended()
	case <-c.apiServer.process.Done():
		return c.apiServer.ended()
	case <-manager:
		return c.controllerManager.ended()
	}
}

// Stop ends everything, in the order opposite to Start, and removes the state. It may be called more than once.
func (c *Cluster) Stop() error {
	c.stop.Do(func() {
		if c.node != nil {
			c.node.Stop()
		}
		c.controllerManager.stop()
		c.apiServer.stop()
		c.etcd.stop()
		c.spawner.Close()
		if c.state != nil {
			c.stopErr = c.state.remove()
		}
	})
	return c.stopErr
}
