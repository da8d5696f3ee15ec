// SPDX-License-Identifier: Apache-2.0

// Package status is "kubectl superoffice status": one SuperOfficeWebhook in depth, with advice.
//
// In go the resource, the Secret of its shared secret, and what each receiver pod tells of itself through a tunnel. What
// cannot be read, for lack of a right or because a pod is down, is told as such and is no reason not to tell the rest. It
// never tells a secret, only which slots there are and what is suspicious about them.
package status
