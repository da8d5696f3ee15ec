// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"k8s.io/apimachinery/pkg/types"

	"github.com/superoffice-webhook/operator/controllers/observe"
)

// tracer goes by OpenTelemetry's global provider, which the manager sets where traces are asked for. Until then its spans
// cost nothing to speak of.
func tracer() trace.Tracer { return otel.Tracer("github.com/superoffice-webhook/operator/controllers") }

// maxCause is the most runes of why a span failed.
const maxCause = 500

// lookAt begins the span of one look at a resource.
func lookAt(ctx context.Context, what string, webhook types.NamespacedName) (context.Context, trace.Span) {
	return tracer().Start(ctx, what, trace.WithNewRoot(), trace.WithAttributes(
		attribute.String("k8s.namespace.name", webhook.Namespace), attribute.String("superoffice.webhook", webhook.Name)))
}

// step runs a part of a round in a span of its own.
func step[T any](ctx context.Context, name string, do func(context.Context) (T, error)) (T, error) {
	ctx, span := tracer().Start(ctx, name)
	result, err := do(ctx)
	finish(span, err)
	return result, err
}

func finish(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, observe.Shorten(err.Error(), maxCause))
	}
	span.End()
}

// TraceRequests has each request to the API server that a round makes be a span of that round. Others, such as watches, make
// none. A span has the request's method and URL, in which names stand and no content; the API server is told of it.
func TraceRequests(transport http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(transport,
		otelhttp.WithFilter(func(r *http.Request) bool { return trace.SpanContextFromContext(r.Context()).IsSampled() }),
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + resourceOf(r.URL.Path) }))
}

// resourceOf finds what a request is about: the last part of its path that is no name, so that spans of one kind have one name.
func resourceOf(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) > 1 && parts[0] == "api" {
		parts = parts[2:] // api/v1
	} else if len(parts) > 2 && parts[0] == "apis" {
		parts = parts[3:] // apis/group/v1
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	switch len(parts) {
	case 0:
		return "/"
	case 3:
		return parts[0] + "/" + parts[2] // with a subresource
	}
	return parts[0]
}
