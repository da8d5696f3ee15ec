// SPDX-License-Identifier: Apache-2.0

// Package format puts an event into the form in which a sink gets it, for all kinds of sinks alike.
//
// Raw is the body byte for byte with the headers of the original request that say something about the event.
// CloudEventsBinary is the same body, byte for byte, with the attributes of CloudEvents 1.0 beside it.
// CloudEventsStructured is one document in the CloudEvents JSON format; it holds the body as the JSON value "data", so the
// same value but not the same bytes: white space is gone, and "<" may be spelt "\u003c".
//
// In goes a message, out come a body, its media type and what stands beside it. How a protocol writes that down (as HTTP
// headers, Kafka headers, AMQP application properties) is the sink's part.
package format
