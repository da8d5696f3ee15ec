// SPDX-License-Identifier: Apache-2.0

// Package http delivers events to an HTTP endpoint, each as one POST request.
//
// # Formats
//
// Those of package format, in CloudEvents' HTTP binding
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md). Whoever wants to verify
// SuperOffice's signature needs Raw.
//
// # Headers
//
// Raw passes the original headers on, X-SuperOffice-Signature and User-Agent among them, save those that belong to the
// former connection (Connection and what it lists, Transfer-Encoding, …), to the way to the receiver (Forwarded,
// X-Forwarded-*, Via) or to the receiver as its target (Host, Authorization, Cookie). Every request carries an
// Idempotency-Key that is the same for each attempt at an event. Configured headers win over these.
//
// # Who the sink is, and who we are
//
// The sink's certificate is always verified. We show a token, a password or a token of OAuth 2.0, and a client
// certificate where one is configured. With signing keys, each request is signed as Standard Webhooks says (headers
// webhook-id, webhook-timestamp and webhook-signature), once with each key: configure the new one beside the old one, have
// the consumer change over, and take the old one away.
//
// Connections to link-local addresses and to the metadata services of clouds are refused, whatever name leads there, so
// that nobody who may declare a sink gets at the credentials of the machine.
//
// # Answers
//
// 2xx is delivered; 408, 425, 429 and 5xx, and every failure to get an answer, may pass, and Retry-After is heeded up to
// an hour; everything else, redirects included, is final. An answer with more than 64 KiB of header is none. Errors never
// hold the URL, whose query may hold a secret. Credentials that an answer repeats are not kept.
package http
