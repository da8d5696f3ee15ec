// SPDX-License-Identifier: Apache-2.0

// Package docs tests the documentation. Links lead somewhere. Each block of commands, manifests or queries is tested in one of the
// ways that classes_test.go knows, or stands in its table with the reason why none can: commands are run on a cluster of local
// processes, from the top of a page to its end (stories_test.go), and what they print is compared with what the page shows;
// manifests are judged by the API server; queries by promtool.
//
// It holds tests only.
package docs
