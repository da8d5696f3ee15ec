// SPDX-License-Identifier: Apache-2.0

// Package deadletter is what the admin port tells about dead letters, and how some of them are selected there. It is a
// package of its own, because those who ask link no web server and no queue.
//
// In go the parameters of a request; out come documents, which are the same type on both sides. It does no I/O.
package deadletter
