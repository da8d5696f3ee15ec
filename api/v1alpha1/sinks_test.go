// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fields are an object as YAML, each with its value as YAML.
type fields map[string]string

func (f fields) String() string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		texts = append(texts, fmt.Sprintf("%s: %s", name, f[name]))
	}
	return "{" + strings.Join(texts, ", ") + "}"
}

const (
	// source is where a secret comes from.
	source = "{secretKeyRef: {name: erp, key: token}}"
	// user is who we are.
	user = "{username: erp, password: " + source + "}"
)

// kinds are the least of each kind of sink.
var kinds = map[string]fields{
	"http":     {"url": "https://erp.example.com/hooks"},
	"kafka":    {"brokers": "[kafka:9092]", "topic": "activities"},
	"nats":     {"urls": "[nats://nats:4222]", "subject": "activities"},
	"rabbitMQ": {"address": "rabbitmq:5672", "auth": user},
	"redis":    {"address": "redis:6379", "stream": "activities"},
	"log":      {},
}

// sink makes the sink one of a kind.
func sink(kind string) set { return set{"spec.sinks[0]", "{name: erp, " + kind + "}"} }

// with makes the sink one of a kind, and changes a field of it.
func with(kind, field, value string) set {
	changed := maps.Clone(kinds[kind])
	changed[field] = value
	return sink(kind + ": " + changed.String())
}

// allKindsBut makes the sink one of all kinds but one.
func allKindsBut(one string) set {
	all := fields{"name": "erp"}
	for kind, least := range kinds {
		if kind != one {
			all[kind] = least.String()
		}
	}
	return set{"spec.sinks[0]", all.String()}
}
