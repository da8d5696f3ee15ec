// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	// headerParent is the header of W3C Trace Context.
	headerParent = "traceparent"
	// maxValue is how much is told of a value that comes from a body, and maxText of a reason, in bytes.
	maxValue, maxText = 128, 512
)

// Span is a receipt or an attempt. All methods of nil do nothing.
type Span struct{ span trace.Span }

// Received begins the span of a request that was verified. Nil while tracing is off.
func (t *Tracing) Received(began time.Time, header http.Header) *Span {
	p := t.pipeline()
	if p == nil {
		return nil
	}
	options := []trace.SpanStartOption{
		trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began),
		trace.WithAttributes(attribute.String("http.request.method", http.MethodPost)),
	}
	if other := read(header.Get(headerParent)); other.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: other}))
	}
	_, span := p.tracer.Start(context.Background(), "receive", options...)
	return &Span{span}
}

// Attempted begins the span of an attempt to send an event that was received as parent tells; of one of which nothing is
// known, in a trace of its own. Nil while tracing is off.
func (t *Tracing) Attempted(parent, sink string, attempt int, waited time.Duration, e *superoffice.Event) *Span {
	p := t.pipeline()
	if p == nil {
		return nil
	}
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), read(parent))
	_, span := p.tracer.Start(ctx, "deliver "+sink, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("superoffice.sink", sink),
		attribute.Int("superoffice.attempt", attempt),
		attribute.Float64("superoffice.wait.seconds", waited.Seconds()),
	))
	s := &Span{span}
	s.about(e)
	return s
}

func (t *Tracing) pipeline() *pipeline {
	if t == nil {
		return nil
	}
	return t.current.Load()
}

// Holds tells what event the request turned out to hold.
func (s *Span) Holds(e *superoffice.Event) {
	if s == nil {
		return
	}
	s.about(e)
	s.span.SetName("receive " + shorten(e.Name, maxValue))
}

func (s *Span) about(e *superoffice.Event) {
	if !s.span.IsRecording() {
		return
	}
	for name, value := range map[attribute.Key]string{
		"superoffice.event": e.Name, "superoffice.event_id": e.ID, "superoffice.tenant": e.ContextIdentifier,
	} {
		if value != "" { // a copy, since the span is exported when the body's memory holds another one
			s.span.SetAttributes(name.String(strings.Clone(shorten(value, maxValue))))
		}
	}
}

// Parent is how others find the span, as W3C Trace Context writes it (traceparent); empty for nil.
func (s *Span) Parent() string {
	if s == nil {
		return ""
	}
	c := s.span.SpanContext()
	return fmt.Sprintf("00-%s-%s-%02x", c.TraceID(), c.SpanID(), byte(c.TraceFlags()&trace.FlagsSampled))
}

// Answered ends the span of a receipt.
func (s *Span) Answered(reason string, status int) {
	if s == nil {
		return
	}
	s.span.SetAttributes(attribute.String("superoffice.answer", reason), attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		s.span.SetStatus(codes.Error, reason)
	}
	s.span.End()
}

// Ended ends the span of an attempt: what came of it, and why it failed, if it did.
func (s *Span) Ended(outcome, why string) {
	if s == nil {
		return
	}
	s.span.SetAttributes(attribute.String("superoffice.outcome", outcome))
	if why != "" {
		s.span.SetStatus(codes.Error, shorten(why, maxText))
	}
	s.span.End()
}

// read reads a traceparent; what is none gives a context that is not valid.
func read(parent string) trace.SpanContext {
	if parent == "" {
		return trace.SpanContext{}
	}
	carrier := propagation.MapCarrier{headerParent: parent}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
}

func shorten(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "\uFFFD") // OTLP takes nothing else, and would refuse all that is exported with it
}
