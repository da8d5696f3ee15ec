// SPDX-License-Identifier: Apache-2.0

// Package tail is "kubectl superoffice tail": shows events as they pass, on a webhook's way in and on their way out.
//
// It listens to the feed of each receiver's admin port through a tunnel, goes on with pods that come later, and shows what
// it gets in the order in which it comes. A receiver drops who listens too slowly; then something is missing, which is told,
// and it listens again. Bodies hold personal data, so they come only when asked for.
package tail
