// SPDX-License-Identifier: Apache-2.0

// Package plugin tests kubectl superoffice as people use it: kubectl finds it in PATH, and the operator and its receivers
// run on a real API server as package cluster has it, installed from the manifests.
//
// One of the tests records a session of each verb for docs/kubectl-superoffice.md, so that the page shows what is really
// printed: -update writes it, and else the test fails where they differ.
package plugin
