// SPDX-License-Identifier: Apache-2.0

package sinktest

import (
	"fmt"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/test/await"
)

// Patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
const Patience = 30 * time.Second

// Trace is where an attempt stands; the request had one of its own.
var Trace = sink.Trace{
	Attempt: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	Receipt: "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
}

// Delivered sends a message, which must be delivered.
func Delivered(t *testing.T, s sink.Sink, m sink.Message) {
	t.Helper()
	if got := s.Send(t.Context(), m); got != (sink.Delivered{}) {
		t.Fatalf("%#v", got)
	}
}

// Cause sends a message, and returns why it is to be sent again.
func Cause(t *testing.T, s sink.Sink, m sink.Message) error {
	t.Helper()
	got := s.Send(t.Context(), m)
	r, ok := got.(sink.Retry)
	if !ok || r.Cause == nil {
		t.Fatalf("want it to be tried again, got %#v", got)
	}
	return r.Cause
}

// EventuallyDelivered sends until it works.
func EventuallyDelivered(t *testing.T, s sink.Sink, m sink.Message) {
	t.Helper()
	Await(t, func() string {
		if got := s.Send(t.Context(), m); got != (sink.Delivered{}) {
			return fmt.Sprintf("never delivered, at last %#v", got)
		}
		return ""
	})
}

// Await waits until a condition holds; it says why it does not.
var Await = await.Within(Patience)

// Receive waits for a value.
func Receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(Patience):
		t.Fatal("nothing happened")
		panic("unreachable")
	}
}
