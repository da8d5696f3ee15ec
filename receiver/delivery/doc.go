// SPDX-License-Identifier: Apache-2.0

// Package delivery brings events from the queue to their sinks: it decides when to try, when to try again and when to
// give up.
//
// In go a cursor of the queue and a sink; out come attempts, and for each event one end: acknowledged, or a dead letter.
// Every sink has a dispatcher of its own, so that one that is slow or down holds up no other. An event is tried until
// the sink takes it, refuses it for good, or it is older than the sink's maximum age. The pauses between attempts double
// up to a limit, drawn at random below it. A sink that is down is only tried now and then, and what gets too old meanwhile is
// given up without an attempt.
//
// What it never does: acknowledge an event that a sink did not take, unless it is a dead letter by then.
package delivery
