// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"net"

	"github.com/superoffice-webhook/operator/test/cluster/binaries"
)

// etcdSocket is where etcd listens, in the state directory: a Unix socket needs no free port, and only this user can
// connect to it.
const etcdSocket = "etcd.sock"

func (c *Cluster) startEtcd(ctx context.Context) error {
	clients, peers := "unix://"+c.state.path(etcdSocket), "unix://"+c.state.path("etcd-peer.sock")
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
