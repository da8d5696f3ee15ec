// SPDX-License-Identifier: Apache-2.0

// Package probe checks containers, with kubelet's meaning of the fields of a probe.
//
// NewCheck turns a probe's action into a function, Run calls it at the probe's pace and reports what it saw; what
// follows from it is the caller's business. HTTP (redirects count as success, they are not followed) and TCP probes
// exist; exec and gRPC probes give an error.
package probe
