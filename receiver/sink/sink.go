// SPDX-License-Identifier: Apache-2.0

// Package sink says what a destination of events is: one attempt to send one event, and its outcome. The destinations
// themselves are packages of their own below this one; when to try again is decided in package delivery.
package sink

import (
	"context"
	"net/http"
	"time"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// Sink sends events to one destination. Send can be called at the same time.
type Sink interface {
	// Send makes one attempt, and returns when the destination has answered or ctx is done. It says through the
	// outcome what is to happen to the event; it never retries by itself. No outcome holds a secret, see Redact.
	Send(ctx context.Context, m Message) Outcome
	// Close lets go of connections. No Send is under way and none follows.
	Close() error
}

// Message is an event on its way, with the headers that it was received with.
type Message struct {
	// Event says what superoffice.Identify reads; what is in its columns is to be had by superoffice.Parse of its Raw.
	Event  *superoffice.Event
	Header http.Header
	Trace  Trace
}

// Trace is where an attempt stands in a distributed trace, as W3C Trace Context writes it (traceparent). Both are empty where
// there is none.
type Trace struct {
	// Attempt is this attempt.
	Attempt string
	// Receipt is the event's receipt, the same for each attempt.
	Receipt string
}

// Outcome is one of Delivered, Retry and Dead.
type Outcome interface{ outcome() }

// Delivered: the destination has the event.
type Delivered struct{}

// Retry: the attempt failed in a way that may pass.
type Retry struct {
	// After is the pause that the destination asked for; zero when it did not.
	After time.Duration
	// Cause says what happened.
	Cause error
}

// Dead: the destination will never take this event.
type Dead struct {
	// Reason in words.
	Reason string
	// Answer is how the destination's answer began.
	Answer string
}

func (Delivered) outcome() {}
func (Retry) outcome()     {}
func (Dead) outcome()      {}
