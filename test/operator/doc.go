// SPDX-License-Identifier: Apache-2.0

// Package operator tests the operator at work, on a real API server with receivers that really run: what users see of it,
// what becomes of the objects and of the events when somebody edits, deletes, breaks, suspends, rotates or restarts
// something, and what it must never do.
//
// The operator runs in the process of the tests, so that the race detector sees it, with the rights that config/rbac gives
// it. Receivers are pods of package cluster. Each test has a namespace of its own.
//
// It holds tests only.
package operator
