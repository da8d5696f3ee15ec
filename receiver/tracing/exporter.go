// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"sync/atomic"

	"github.com/go-logr/logr"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// observed is an exporter that tells of its failures: the log when they begin and end, and a metric of each.
type observed struct {
	sdktrace.SpanExporter
	observe func(spans int, err error)
	log     logr.Logger
	failing atomic.Bool
}

// ExportSpans implements sdktrace.SpanExporter. It returns no error, for whoever is told of one has nothing to do about it.
func (o *observed) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := o.SpanExporter.ExportSpans(ctx, spans)
	o.observe(len(spans), err)
	switch {
	case err == nil && o.failing.CompareAndSwap(true, false):
		o.log.Info("traces are exported again")
	case err != nil && o.failing.CompareAndSwap(false, true):
		o.log.Info("traces cannot be exported and are dropped", "reason", shorten(err.Error(), maxText))
	}
	return nil
}
