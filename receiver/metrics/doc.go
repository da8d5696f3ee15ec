// SPDX-License-Identifier: Apache-2.0

// Package metrics are the receiver's Prometheus metrics: in base units, with labels from small fixed sets and the names
// of the configured sinks and slots of secrets, never with a value from an event. A process that receives many webhooks tells
// of each with the label webhook.
//
// What is counted as it happens is found without a search and without memory, since intake waits for it. What the status
// document tells is asked for at each scrape, so that both tell the same. docs/metrics.md lists all of them; it is written
// by hack/metricsdoc from the registry, so the help texts here are what users read.
package metrics
