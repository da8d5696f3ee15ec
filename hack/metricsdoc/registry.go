// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/superoffice-webhook/operator/receiver/metrics"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// metric is what the registry says of one that is the receiver's own.
type metric struct {
	Name, Type, Help string
	// Labels are the names of its labels, sorted.
	Labels []string
	// values of each label, in the example.
	values map[string][]string
	// series are its combinations of values, in the order of Labels.
	series [][]string
}

// Unit is the unit that the name ends with; empty for a number of things.
func (m metric) Unit() string {
	switch {
	case strings.HasSuffix(m.Name, "_timestamp_seconds"):
		return "seconds since 1970"
	case strings.HasSuffix(m.Name, "_seconds"):
		return "seconds"
	case strings.HasSuffix(m.Name, "_bytes"):
		return "bytes"
	}
	return ""
}

// example is a receiver of which there is everything to tell.
func example() *prometheus.Registry {
	m := metrics.New()
	m.Configured([]string{"current", "previous"}, []string{"erp"})
	m.CollectStatus(func(context.Context) status.Status {
		return status.Status{
			Config: status.Config{Hash: "abc"},
			Intake: status.Intake{CertificateExpires: new(time.Unix(0, 0))},
			Queue:  status.Queue{MaxBytes: 1},
			Sinks:  []status.Sink{{Name: "erp", OldestPending: new(time.Unix(0, 0))}},
		}
	})
	return m.Registry
}

// gather reads all metrics that are the receiver's own, sorted by name. It fails if there is one that the example lacks.
func gather(registry *prometheus.Registry) ([]metric, error) {
	families, err := registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather the metrics: %w", err)
	}
	missing := described(registry)
	var all []metric
	for _, family := range families {
		if !missing[family.GetName()] {
			continue
		}
		delete(missing, family.GetName())
		m := metric{
			Name: family.GetName(), Type: strings.ToLower(family.GetType().String()), Help: family.GetHelp(), values: map[string][]string{},
		}
		for _, one := range family.GetMetric() {
			var values []string
			for _, label := range one.GetLabel() {
				m.values[label.GetName()] = append(m.values[label.GetName()], label.GetValue())
				values = append(values, label.GetValue())
			}
			m.series = append(m.series, values)
		}
		for name := range m.values {
			m.values[name] = slices.Compact(slices.Sorted(slices.Values(m.values[name])))
		}
		m.Labels = slices.Sorted(maps.Keys(m.values))
		all = append(all, m)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("the example does not fill in %s", strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
	}
	return all, nil
}

// A descriptor tells its name to those who print it only.
var nameOf = regexp.MustCompile(`fqName: "(` + metrics.Namespace + `_[a-z_]+)"`)

// described are the names that the registry knows, whether there is something to tell or not.
func described(registry *prometheus.Registry) map[string]bool {
	descriptors := make(chan *prometheus.Desc)
	go func() {
		registry.Describe(descriptors)
		close(descriptors)
	}()
	names := map[string]bool{}
	for d := range descriptors {
		if found := nameOf.FindStringSubmatch(d.String()); found != nil {
			names[found[1]] = true
		}
	}
	return names
}
