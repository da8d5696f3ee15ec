// SPDX-License-Identifier: Apache-2.0

// Package tracing tells of events by OpenTelemetry, to a collector that takes OTLP over HTTP: one trace for each event, from
// its receipt to every attempt at every sink, over restarts and from pod to pod.
//
// What goes in are receipts and attempts, what comes out are spans, and for each the W3C traceparent by which others find
// it: the one of a receipt is kept beside its event in the queue, the one of an attempt is what a sink is told.
//
// It promises that nothing waits for a collector: spans are exported in the background, and dropped when it does not take
// them. Only requests that were verified make spans, and what a request says about traces decides nothing: it becomes a
// link, so that the trace of a proxy in front is found, but neither the parent nor the reason to be sampled. So a stranger
// can neither have us export anything nor choose what. A span holds the event's name, EventId and tenant, each of a bounded
// length, and nothing else of a body; and no secret.
//
// While it is off, it costs one atomic load for each receipt and each attempt.
package tracing
