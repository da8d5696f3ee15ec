// SPDX-License-Identifier: Apache-2.0

// Fleet measures the manager with hundreds and thousands of resources: how long they take to be reconciled, how many
// requests each costs the API server, and what the manager needs for it.
//
// It runs on a real API server and the real controllers of Kubernetes, without a node: pods are told ready by the bench, and
// one process answers for all receivers, each at an address of its own. So what is measured is the manager, and what the API
// server and the controllers need beside it on the same machine.
//
// Requests are counted in the API server's audit log, by the manager's ServiceAccount. It prints tables, and with -write DIR
// leaves them there as a page with plots.
package main
