// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the operator as users have it: from its images, installed by its chart, in the real cluster that
// KUBECONFIG names. Without that variable it is skipped; make e2e brings a cluster up where there is none.
//
// Nothing in here depends on where the tests run: what takes part in the traffic runs in the cluster (see workload) and is
// steered through the API server.
package e2e
