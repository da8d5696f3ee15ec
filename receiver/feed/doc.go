// SPDX-License-Identifier: Apache-2.0

// Package feed lets somebody look on while events pass: what was answered to each request, and what became of each attempt
// to deliver.
//
// It never costs those who are looked at: while nobody listens, asking that is one load from memory, and whoever listens too
// slowly is dropped, never waited for. Nothing is kept for later; what is to be relied upon is in the queue, the metrics and
// the dead letters. Bodies are left out unless somebody asks for them, and those of requests whose signature did not verify
// always.
//
// Event is the document that the admin port serves and the kubectl plugin reads.
package feed
