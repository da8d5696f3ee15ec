// SPDX-License-Identifier: Apache-2.0

// Package docs tests the documentation: links lead somewhere, manifests are accepted by a real API server, commands can be
// read by a shell, and those below a comment <!-- run --> are run, on a cluster of local processes, from the top of the page
// to its end.
//
// It holds tests only.
package docs
