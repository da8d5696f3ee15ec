// SPDX-License-Identifier: Apache-2.0

// Package http delivers events to an HTTP endpoint, each as one POST request.
//
// Formats: Raw is the body byte for byte with the end-to-end headers of the original request; CloudEventsBinary is the
// same body with the attributes of CloudEvents 1.0 as headers; CloudEventsStructured is one document in the CloudEvents
// JSON format, which holds the body as a JSON value and so not byte for byte
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md). Every request carries
// an Idempotency-Key that is the same for each attempt at an event.
//
// Answers: 2xx is delivered; 408, 425, 429 and 5xx, and every failure to get an answer, may pass; everything else,
// redirects included, is final.
package http
