// SPDX-License-Identifier: Apache-2.0

// Package gitops runs what config/gitops gives to Argo CD and Flux, as these run it: the health checks against resources in every
// state, and the repository against a cluster of local processes, on which the operator is installed by the values there.
package gitops
