// SPDX-License-Identifier: Apache-2.0

// Package deadletters is "kubectl superoffice dead-letters": what a person on call needs to look at dead letters, to send
// them to their sinks again and to get rid of them.
//
// In go a SuperOfficeWebhook, all of whose receiver pods are asked, or the URLs of admin ports; and which dead letters are
// meant. Out come tables for people or JSON. Each receiver has a queue of its own, and counts its dead letters for itself:
// where there are several, RECEIVER/ID names one.
//
// Replay and purge first ask every receiver which ones it would be about, and then name these, some at a time. So exactly
// what was shown is done, no request lasts long, and an interruption leaves nothing half done. Purge does nothing without
// --yes. What only some receivers did ends with ErrPartial.
package deadletters
