// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"maps"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/format"
)

const (
	attributePrefix = "ce_"     // before the attributes of CloudEvents
	headerPrefix    = "header:" // before the headers of the original request
)

// newEntry puts an event into an entry. Fields have an order: what consumers need first comes first.
func newEntry(o Options, m sink.Message) (*redis.XAddArgs, error) {
	encoded, err := format.Encode(o.Format, m)
	if err != nil {
		return nil, err
	}
	fields := []any{
		"id", m.Event.DedupKey().String(),
		"event", m.Event.Name,
		"tenant", m.Event.ContextIdentifier,
		"record", m.Event.RecordKey().String(),
		"content-type", encoded.ContentType,
		"body", encoded.Body,
	}
	for _, name := range slices.Sorted(maps.Keys(encoded.Attributes)) {
		fields = append(fields, attributePrefix+name, encoded.Attributes[name])
	}
	for _, name := range slices.Sorted(maps.Keys(encoded.Header)) {
		fields = append(fields, headerPrefix+name, strings.Join(encoded.Header[name], ", "))
	}
	if encoded.TraceParent != "" {
		fields = append(fields, format.TraceParent, encoded.TraceParent)
	}
	return &redis.XAddArgs{Stream: o.Stream, MaxLen: o.MaxLen, Approx: true, Values: fields}, nil
}
