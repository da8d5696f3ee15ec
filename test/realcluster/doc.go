// SPDX-License-Identifier: Apache-2.0

// Package realcluster runs a Kubernetes cluster of two nodes, with real containers, on a bare Linux machine: for tests on
// what package cluster does not have, as images, volumes that are reloaded, probes, Services and DNS. It needs root, and
// Debian's packages containerd, runc, containernetworking-plugins, iptables, conntrack and iproute2; all else is compiled from Go
// modules, see package binaries. No registry is asked for anything.
//
// Each node has a container runtime, a kubelet, a kube-proxy and a network of its own, and shares all else with the other.
//
// The whole cluster, and the command that uses it, live in namespaces of their own for the network, mounts and processes.
// So they meet nothing of the machine's: no port, no firewall rule, no route out. And they end as one, even when this
// process dies by violence: with the first process in there the kernel ends all others, and their mounts and
// network go with them.
//
// Three processes make that, all the same program (see stage): the one outside prepares, waits and cleans up; the first one
// inside waits for orphans, which the kernel gives to it; the second starts the cluster and then the command.
package realcluster
