// SPDX-License-Identifier: Apache-2.0

// Package doctor is "kubectl superoffice doctor": goes through everything between SuperOffice and a sink that is known to
// break, and tells of each in one line whether it is well, and what to do if it is not.
//
// In go the cluster, a SuperOfficeWebhook, and the URL that is registered in SuperOffice. It changes nothing; it sends test
// events, which are answered and never stored. What it may not look at is told as skipped, not as well. It never tells a
// secret.
package doctor
