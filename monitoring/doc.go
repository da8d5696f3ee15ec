// SPDX-License-Identifier: Apache-2.0

// Package monitoring is what Prometheus and Grafana need to watch over receivers: alerts and dashboards. The chart and
// docs/metrics.md have copies, which `make generate` writes.
//
// Both expect the labels namespace and webhook, which the PodMonitor of the chart sets. Its tests let promtool judge the
// rules, also over metrics that a receiver really served. That every metric there is asked for exists, hack/metricsdoc
// tests.
package monitoring

import "embed"

// Alerts is a file of rules as Prometheus reads it.
//
//go:embed alerts.yaml
var Alerts string

// Dashboards are Grafana's, below dashboards/.
//
//go:embed dashboards/*.json
var Dashboards embed.FS
