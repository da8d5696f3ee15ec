// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
)

// place is where a node is: the first in the network of the control plane, each other in a network of its own, at the end of a
// cable. They share all else, so what could be mistaken is named after its node.
type place struct {
	name    string
	address net.IP
	// pods is the range of its pods' addresses.
	pods string
	// apart tells that it has a network of its own.
	apart bool
}

// Addresses lead nowhere outside of the cluster. The first node's is that of the API server and the name server, too.
var places = []place{
	{name: "node-1", address: net.IPv4(10, 243, 0, 1), pods: "10.244.0.0/17"},
	{name: "node-2", address: net.IPv4(10, 243, 0, 2), pods: "10.244.128.0/17", apart: true},
}

const (
	podRange      = "10.244.0.0/16"
	clusterDomain = "cluster.local"
)

// center is the address of the first node.
var center = places[0].address

func addresses() (all []net.IP) {
	for _, p := range places {
		all = append(all, p.address)
	}
	return all
}

// socket is that of the place's container runtime.
func (p place) socket() string { return "/run/containerd-" + p.name + "/containerd.sock" }

// within is how to run a program in the place's network.
func (p place) within(program string, args ...string) []string {
	line := append([]string{program}, args...)
	if !p.apart {
		return line
	}
	return append([]string{"nsenter", "--net=/run/netns/" + p.name}, line...)
}

// connect makes the place's network.
func (p place) connect(ctx context.Context) error {
	forward := p.within("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
	up := p.within("ip", "link", "set", "lo", "up")
	at := p.within("ip", "address", "add", p.address.String()+"/32", "dev", "lo")
	if !p.apart {
		return run(ctx, forward, up, at)
	}
	return run(ctx,
		strings.Fields("ip netns add "+p.name),
		strings.Fields("ip link add "+p.name+" type veth peer name center netns "+p.name),
		forward, up, at,
		p.within("ip", "link", "set", "center", "up"),
		p.within("ip", "route", "add", center.String(), "dev", "center", "src", p.address.String()),
		p.within("ip", "route", "add", "default", "via", center.String(), "dev", "center", "onlink", "src", p.address.String()),
		strings.Fields("ip link set "+p.name+" up"),
		strings.Fields(fmt.Sprintf("ip route add %s dev %s src %s", p.address, p.name, center)),
		strings.Fields(fmt.Sprintf("ip route add %s via %s dev %s onlink src %s", p.pods, p.address, p.name, center)),
	)
}

// run runs commands, until one fails.
func run(ctx context.Context, lines ...[]string) error {
	for _, line := range lines {
		if out, err := exec.CommandContext(ctx, line[0], line[1:]...).CombinedOutput(); err != nil { // #nosec G204 -- constants
			return fmt.Errorf("%s: %w: %s", strings.Join(line, " "), err, out)
		}
	}
	return nil
}
