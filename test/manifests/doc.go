// SPDX-License-Identifier: Apache-2.0

// Package manifests tests config/ and charts/ on a real API server: what kustomize and Helm make of them is accepted
// with strict validation, both install the same objects, and the operator works with no more rights than they give it.
//
// It holds tests only.
package manifests
