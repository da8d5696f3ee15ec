// SPDX-License-Identifier: Apache-2.0

// Package http delivers events to an HTTP endpoint, each as one POST request.
//
// # Formats
//
// Raw is the body byte for byte with the headers of the original request. CloudEventsBinary is the same body, byte for
// byte, with the attributes of CloudEvents 1.0 as headers. CloudEventsStructured is one document in the CloudEvents JSON
// format; it holds the body as the JSON value "data", so the same value but not the same bytes: white space is gone, and
// "<" may be spelt "\u003c" (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md).
// Whoever wants to verify SuperOffice's signature needs Raw.
//
// # Headers
//
// Raw passes the original headers on, X-SuperOffice-Signature and User-Agent among them, save those that belong to the
// former connection (Connection and what it lists, Transfer-Encoding, …), to the way to the receiver (Forwarded,
// X-Forwarded-*, Via) or to the receiver as its target (Host, Authorization, Cookie). Every request carries an
// Idempotency-Key that is the same for each attempt at an event. Configured headers win over all others.
//
// # Answers
//
// 2xx is delivered; 408, 425, 429 and 5xx, and every failure to get an answer, may pass, and Retry-After is heeded up to
// an hour; everything else, redirects included, is final. Errors never hold the URL, whose query may hold a secret.
package http
