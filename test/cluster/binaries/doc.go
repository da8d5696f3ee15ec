// SPDX-License-Identifier: Apache-2.0

// Package binaries finds the programs of a cluster, and compiles those that the machine lacks.
//
// Where KUBEBUILDER_ASSETS names a folder (setup-envtest makes one), etcd, kube-apiserver and kubectl are taken from
// it, and kube-controller-manager too if it is there. A kubectl on the PATH serves if its minor version is at most one
// away from the cluster's. Everything else is compiled, once, by the go command from the modules in the folders
// kubernetes, etcd and coredns, whose go.mod and go.sum pin and verify every version; they are modules of their own, so that
// the operator does not depend on them. The programs are kept in the user's cache directory, in a folder named after
// their version and a hash of what went into them.
//
// Two processes never compile the same program at once, and an interrupted compilation leaves nothing that the next
// one would trust. Nothing is ever downloaded but Go modules.
package binaries
