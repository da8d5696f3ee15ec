// SPDX-License-Identifier: Apache-2.0

package kafka

import (
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/format"
)

const (
	// headerContentType and attributePrefix are of the Kafka binding of CloudEvents (§3.2.1 and §3.2.3).
	headerContentType = "content-type"
	attributePrefix   = "ce_"
	// headerIdempotencyKey is the same for each attempt, in all formats.
	headerIdempotencyKey = "Idempotency-Key"
)

// newRecord puts an event into a record. Headers are in the order of their names.
func newRecord(o Options, m sink.Message) (*kgo.Record, error) {
	encoded, err := format.Encode(o.Format, m)
	if err != nil {
		return nil, err
	}
	record := &kgo.Record{Topic: o.Topic, Key: []byte(m.Event.RecordKey().String()), Value: encoded.Body}
	add := func(name, value string) {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	add(headerIdempotencyKey, m.Event.DedupKey().String())
	if o.Format != config.Raw {
		add(headerContentType, encoded.ContentType)
	}
	if encoded.TraceParent != "" {
		add(format.TraceParent, encoded.TraceParent)
	}
	for _, name := range slices.Sorted(maps.Keys(encoded.Attributes)) {
		add(attributePrefix+name, encoded.Attributes[name])
	}
	for _, name := range slices.Sorted(maps.Keys(encoded.Header)) {
		if name == headerIdempotencyKey {
			continue // ours is the one that holds
		}
		for _, value := range encoded.Header[name] {
			add(name, value)
		}
	}
	return record, nil
}
