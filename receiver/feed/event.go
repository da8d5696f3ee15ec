// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"time"
	"unicode/utf8"
)

// The stages.
const (
	// Intake: a request was answered.
	Intake = "intake"
	// Delivery: an attempt to deliver to a sink ended.
	Delivery = "delivery"
	// Dropped is the last that a listener gets who was too slow.
	Dropped = "dropped"
)

// The results of attempts to deliver.
const (
	Delivered = "delivered"
	Retry     = "retry"
	Dead      = "dead"
)

// Event is one thing that happened, as JSON. Fields are only ever added.
type Event struct {
	Time  time.Time `json:"time"`
	Stage string    `json:"stage"`
	// Result is the reason of intake, like Stored, or what became of an attempt: delivered, retry or dead.
	Result string `json:"result,omitempty"`
	// Status that was answered to the request.
	Status int `json:"status,omitempty"`
	// Sink and Attempt are those of a delivery.
	Sink    string `json:"sink,omitempty"`
	Attempt int    `json:"attempt,omitempty"`
	// Event, EventID and Tenant are those of the body, where its signature was verified.
	Event   string `json:"event,omitempty"`
	EventID string `json:"eventId,omitempty"`
	Tenant  string `json:"tenant,omitempty"`
	// Bytes of the body.
	Bytes int `json:"bytes,omitempty"`
	// Seconds that the answer or the attempt took.
	Seconds float64 `json:"seconds"`
	// Error says why an attempt failed.
	Error string `json:"error,omitempty"`

	BodyText   string `json:"bodyText,omitempty"`
	BodyBase64 []byte `json:"bodyBase64,omitempty"`
}

// SetBody copies a body into the form that keeps it byte for byte.
func (e *Event) SetBody(body []byte) {
	if utf8.Valid(body) {
		e.BodyText = string(body)
		return
	}
	e.BodyBase64 = append([]byte{}, body...)
}

// Body is byte for byte as it came; nothing where it was left out.
func (e *Event) Body() []byte {
	if e.BodyBase64 != nil {
		return e.BodyBase64
	}
	return []byte(e.BodyText)
}
