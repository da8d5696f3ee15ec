// SPDX-License-Identifier: Apache-2.0

// Package chart tests the templates of charts/superoffice-webhook-operator: what each value changes, what is refused and
// in which words, and, as golden files, all that is made in each configuration that the chart's README shows. It needs no
// cluster; test/manifests has an API server judge the same.
//
// It holds tests only. Write the golden files anew by: go test ./test/chart -args -update
package chart
