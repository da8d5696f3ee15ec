// SPDX-License-Identifier: Apache-2.0

// Package status is the document that a receiver serves as JSON at /status on its admin port: the contract between the
// data plane, which fills it in, and the controller and the kubectl plugin, which read it.
//
// Fields are only ever added. Times are RFC 3339 in UTC; a time that never came is absent.
package status

import "time"

// Status is what one receiver process knows about itself.
type Status struct {
	// Version of the receiver.
	Version string `json:"version"`
	// Started is when the process started.
	Started time.Time `json:"started"`
	// Ready says whether events are accepted and stored right now.
	Ready bool `json:"ready"`
	// Opening tells that the queue is still being opened, so that nothing is known of it and of sinks; its error says what is
	// waited for.
	Opening bool `json:"opening,omitempty"`
	// Config tells which configuration is in force.
	Config Config `json:"config"`
	// Intake tells about requests.
	Intake Intake `json:"intake"`
	// Queue tells about the store.
	Queue Queue `json:"queue"`
	// Sinks tell about delivery, in the order of the configuration.
	Sinks []Sink `json:"sinks"`
}

// Config tells which configuration is in force.
type Config struct {
	// Hash is the SHA-256, in hex, of the configuration file in force.
	Hash string `json:"hash"`
	// Loaded is when it came into force.
	Loaded time.Time `json:"loaded"`
	// Error says why a newer file, or a secret it names, was not taken over; empty when there is none.
	Error string `json:"error,omitempty"`
}

// Intake tells about requests since the process started.
type Intake struct {
	// LastReceived is when the last authentic event was stored.
	LastReceived *time.Time `json:"lastReceived,omitempty"`
	// LastRejection is the last request that was refused.
	LastRejection *Rejection `json:"lastRejection,omitempty"`
	// CertificateExpires is when the certificate that is shown is no longer valid; absent where intake speaks no TLS.
	CertificateExpires *time.Time `json:"certificateExpires,omitempty"`
}

// Rejection is a refused request.
type Rejection struct {
	Time time.Time `json:"time"`
	// Reason in one CamelCase word, for example SignatureMismatch.
	Reason string `json:"reason"`
}

// Queue tells about the store of this process.
type Queue struct {
	// Shared tells that other receivers have the same store, and so the same figures.
	Shared bool `json:"shared,omitempty"`
	// Events is the number of events kept, those included that are only remembered to recognise repetitions.
	Events int64 `json:"events"`
	// Bytes taken on disk by events and dead letters.
	Bytes int64 `json:"bytes"`
	// MaxBytes is the most that events may take.
	MaxBytes int64 `json:"maxBytes"`
	// DeadLettered is the number of dead letters kept, of all sinks and of intake.
	DeadLettered int64 `json:"deadLettered"`
	// StreamsMadeAgain and CursorsMadeAgain are how many streams and cursors somebody had removed from a shared store, so that
	// this process made them anew.
	StreamsMadeAgain int64 `json:"streamsMadeAgain,omitempty"`
	CursorsMadeAgain int64 `json:"cursorsMadeAgain,omitempty"`
	// Error says why the queue can't store, or hands out no events for a sink; empty while it does both.
	Error string `json:"error,omitempty"`
}

// Sink tells about one destination.
type Sink struct {
	Name string `json:"name"`
	// State is Delivering, Failing or Suspended.
	State string `json:"state"`
	// CircuitOpen tells that the sink is down: only one event is tried now and then, until one succeeds.
	CircuitOpen bool `json:"circuitOpen,omitempty"`
	// Pending is the number of events that wait for this sink, those under way included.
	Pending int64 `json:"pending"`
	// OldestPending is when the oldest of them was received.
	OldestPending *time.Time `json:"oldestPending,omitempty"`
	// DeadLettered is the number of this sink's dead letters that are kept.
	DeadLettered int64 `json:"deadLettered"`
	// LastDelivery is when the sink last accepted an event.
	LastDelivery *time.Time `json:"lastDelivery,omitempty"`
	// LastError of the sink, or of storing its dead letters; empty when the sink has answered and none waits to be stored.
	LastError string `json:"lastError,omitempty"`
}

// The states of a sink.
const (
	Delivering = "Delivering"
	Failing    = "Failing"
	Suspended  = "Suspended"
)
