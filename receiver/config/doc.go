// SPDX-License-Identifier: Apache-2.0

// Package config is the file that tells a receiver what to do: written by the controller, or by hand where there is no
// Kubernetes, and read by the receiver at start and again whenever it changes.
//
// In goes YAML or JSON, out comes a Config that was validated; both sides use the same code for it. The file is
// versioned by its apiVersion. Unknown fields are errors, so that a misspelt one is not ignored. Secrets are never in
// the file: it names other files that hold them, relative to its own folder, and Secrets reads those.
package config
