// SPDX-License-Identifier: Apache-2.0

// Package cluster runs a Kubernetes cluster on a machine that has nothing but Go.
//
// Start brings up a real etcd, kube-apiserver and kube-controller-manager as child processes, and package agent in
// this process as the one node, which runs pods as local processes. Out come a rest.Config and a kubeconfig of an
// administrator. It needs no root, no containers and no downloads but Go modules: see package binaries for where the
// programs come from. RBAC, admission and garbage collection are the real ones.
//
// It listens on 127.0.0.1 and Unix sockets only, keeps its state in a temporary directory, and promises that Stop, and
// on Linux even the violent death of this process, leaves no process behind; a directory left by a violent death is
// removed by the next Start.
//
// What it does not have: a scheduler (the agent takes every pod), DNS, and a data path for Services. EndpointSlices
// refuse loopback addresses, which are the only ones that pods have here, so the controllers that write them are off.
// Reach a pod by its own address, or through kubectl port-forward. Package realcluster adds all of that, as root.
package cluster
