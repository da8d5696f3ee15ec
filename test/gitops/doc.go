// SPDX-License-Identifier: Apache-2.0

// Package gitops runs what config/gitops gives to Argo CD and Flux, as these run it, against resources in every state.
package gitops
