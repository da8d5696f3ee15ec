// SPDX-License-Identifier: Apache-2.0

// Package send plays SuperOffice's part: "kubectl superoffice send" posts events as SuperOffice would, so that a webhook
// can be tried, measured and shown without a SuperOffice.
//
// In go samples of the documentation or a file, and where to post them: a URL with its secret, or a SuperOfficeWebhook,
// which package resource resolves and tunnels to. Out come requests with SuperOffice's headers and a signature over
// the exact bytes, and a summary of the answers. A body is never re-encoded: a fresh EventId replaces just the old one's
// bytes. The command fails unless every event was answered as hoped for, which is 200, or 401 for forged ones.
//
// It never prints a secret and takes none from the command line, where other users of the machine could read it.
package send
