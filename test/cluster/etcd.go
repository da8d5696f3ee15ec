// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"net"
	"syscall"

	"github.com/superoffice-webhook/operator/test/cluster/binaries"
)

// etcdSocket is where etcd listens, in the state directory: a Unix socket needs no free port, and only this user can
// connect to it. A member of etcd also wants a socket for its peers.
const (
	etcdSocket     = "etcd.sock"
	etcdPeerSocket = "etcd-peer.sock"
)

func (c *Cluster) startEtcd(ctx context.Context) error {
	if path, limit := c.state.path(etcdPeerSocket), len(syscall.RawSockaddrUnix{}.Path)-1; len(path) > limit {
		return fmt.Errorf("start etcd: the path %s has %d characters, and a Unix socket's may have %d: set TMPDIR to a shorter one",
			path, len(path), limit)
	}
	clients, peers := "unix://"+c.state.path(etcdSocket), "unix://"+c.state.path(etcdPeerSocket)
	const name = "test"
	var err error
	c.etcd, err = startComponent(c.spawner, c.state, "etcd", c.programs[binaries.Etcd],
		"--name="+name,
		"--data-dir="+c.state.path("etcd"),
		"--listen-client-urls="+clients,
		"--advertise-client-urls="+clients,
		"--listen-peer-urls="+peers,
		"--initial-advertise-peer-urls="+peers,
		"--initial-cluster="+name+"="+peers,
		"--unsafe-no-fsync", // the data do not outlive the process anyway
		"--log-level=warn",
	)
	if err != nil {
		return err
	}
	return c.etcd.await(ctx, func(ctx context.Context) error {
		connection, err := new(net.Dialer).DialContext(ctx, "unix", c.state.path(etcdSocket))
		if err != nil {
			return err
		}
		return connection.Close()
	})
}
