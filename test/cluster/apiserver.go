// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"k8s.io/client-go/kubernetes"

	"github.com/superoffice-webhook/operator/test/cluster/binaries"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

const (
	// serviceRange is where Services get their addresses from. They lead nowhere, unless the caller brings a node.
	serviceRange = "10.96.0.0/16"
	// portAttempts is how often another port is tried when somebody took the chosen one first.
	portAttempts = 5
)

func (c *Cluster) startAPIServer(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		port, err := freePort()
		if err != nil {
			return err
		}
		err = c.tryAPIServer(ctx, port)
		if err == nil {
			return nil
		}
		if attempt == portAttempts || !strings.Contains(process.Tail(c.state.path("kube-apiserver.log")), "address already in use") {
			return err
		}
	}
}

func (c *Cluster) tryAPIServer(ctx context.Context, port int) error {
	var err error
	args := slices.Concat(c.reachability(), []string{
		"--etcd-servers=unix://" + c.state.path(etcdSocket),
		"--secure-port=" + strconv.Itoa(port),
		"--service-cluster-ip-range=" + serviceRange,
		"--authorization-mode=RBAC",
		"--allow-privileged",
		"--profiling=false",
		"--client-ca-file=" + c.state.path("ca.crt"),
		"--tls-cert-file=" + c.state.path("apiserver.crt"),
		"--tls-private-key-file=" + c.state.path("apiserver.key"),
		"--cert-dir=" + c.state.path("apiserver-certs"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.state.path("service-accounts.crt"),
		"--service-account-signing-key-file=" + c.state.path("service-accounts.key"),
		"--kubelet-certificate-authority=" + c.state.path("ca.crt"),
		"--kubelet-client-certificate=" + c.state.path("apiserver-at-node.crt"),
		"--kubelet-client-key=" + c.state.path("apiserver-at-node.key"),
		"--kubelet-preferred-address-types=InternalIP",
	}, c.options.APIServerArgs)
	c.apiServer, err = startComponent(c.spawner, c.state, "kube-apiserver", c.programs[binaries.APIServer], args...)
	if err != nil {
		return err
	}
	c.config = c.ids.config(net.JoinHostPort(loopback.String(), strconv.Itoa(port)))
	client, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	return c.apiServer.await(ctx, func(ctx context.Context) error {
		return client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// reachability says where the API server listens, and where it tells pods that it is.
func (c *Cluster) reachability() []string {
	if len(c.options.NodeAddresses) == 0 {
		// The Service "kubernetes" gets no endpoints: they may not be loopback addresses.
		return []string{"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none"}
	}
	return []string{"--bind-address=0.0.0.0", "--advertise-address=" + c.options.NodeAddresses[0].String()}
}

// RestartAPIServer kills the API server, as a crash would, and starts it again under the same address. Whoever watches
// something has to begin anew.
func (c *Cluster) RestartAPIServer(ctx context.Context) error {
	address, err := url.Parse(c.config.Host)
	if err != nil {
		return fmt.Errorf("find the API server: %w", err)
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		return fmt.Errorf("find the API server: %w", err)
	}
	c.apiServer.process.Kill()
	<-c.apiServer.process.Done()
	if err := c.tryAPIServer(ctx, port); err != nil {
		return fmt.Errorf("restart the API server: %w", err)
	}
	return nil
}

// freePort returns a port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
