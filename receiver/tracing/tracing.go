// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/superoffice-webhook/operator/receiver/config"
)

const (
	scope = "github.com/superoffice-webhook/operator/receiver"
	// exportTimeout is how long one export may take, with its repetitions.
	exportTimeout = 30 * time.Second
	// closeTimeout is how long a collector may take for the last spans.
	closeTimeout = 5 * time.Second
	// perMillion is the unit of the sampling rate.
	perMillion = 1_000_000
)

// Tracing makes spans as its configuration says. Make it with New. Nil makes none.
type Tracing struct {
	version string
	observe func(spans int, err error)
	log     logr.Logger
	current atomic.Pointer[pipeline] // nil: off

	changing sync.Mutex
	closing  sync.WaitGroup // former pipelines
}

// pipeline is what one configuration leads to.
type pipeline struct {
	config   config.Tracing
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// New makes one that is off. observe is told of each export: how many spans, and why they were lost, if they were.
func New(version string, observe func(spans int, err error), log logr.Logger) *Tracing {
	return &Tracing{version: version, observe: observe, log: log}
}

// Configure has what begins from now on be told of as configured; nil: not at all. What was begun is still exported as it
// was configured then. Close must follow.
func (t *Tracing) Configure(ctx context.Context, c *config.Tracing) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	former := t.current.Load()
	if former == nil && c == nil || former != nil && c != nil && reflect.DeepEqual(former.config, *c) {
		return nil
	}
	var next *pipeline
	if c != nil {
		var err error
		if next, err = t.open(ctx, *c); err != nil {
			return fmt.Errorf("tracing: %w", err)
		}
	}
	t.current.Store(next)
	if former != nil {
		t.closing.Go(former.close)
	}
	return nil
}

// Provider makes tracers for others, as it is configured now; one that is off gives such that make no spans.
func (t *Tracing) Provider() trace.TracerProvider {
	if p := t.pipeline(); p != nil {
		return p.provider
	}
	return noop.NewTracerProvider()
}

// Close exports what is left, for a few seconds at most.
func (t *Tracing) Close() {
	_ = t.Configure(context.Background(), nil)
	t.closing.Wait()
}

func (t *Tracing) open(ctx context.Context, c config.Tracing) (*pipeline, error) {
	t.catchComplaints()
	to, err := destination(c.Endpoint)
	if err != nil {
		return nil, err
	}
	described, err := t.describe(ctx, c)
	if err != nil {
		return nil, err
	}
	exporter, err := otlptrace.New(ctx, newClient(to, headers()))
	if err != nil {
		return nil, err
	}
	rate := sdktrace.TraceIDRatioBased(float64(*c.SamplingRatePerMillion) / perMillion)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithResource(described),
		sdktrace.WithSampler(sdktrace.ParentBased(rate)), // an attempt is told of when its receipt was
		sdktrace.WithBatcher(&observed{SpanExporter: exporter, observe: t.observe, log: t.log}, sdktrace.WithExportTimeout(exportTimeout)),
	)
	return &pipeline{config: c, provider: provider, tracer: provider.Tracer(scope, trace.WithInstrumentationVersion(t.version))}, nil
}

// describe says whose spans they are. What the environment says (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) wins.
func (t *Tracing) describe(ctx context.Context, c config.Tracing) (*resource.Resource, error) {
	attributes := []attribute.KeyValue{attribute.String("service.name", c.ServiceName), attribute.String("service.version", t.version)}
	if c.ServiceNamespace != "" {
		attributes = append(attributes, attribute.String("service.namespace", c.ServiceNamespace))
	}
	if host, err := os.Hostname(); err == nil {
		attributes = append(attributes, attribute.String("service.instance.id", host))
	}
	return resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(attributes...), resource.WithFromEnv())
}

// catchComplaints takes the library's own complaints out of the default log. They are about single exports, of which the log
// is told when they begin to fail.
func (t *Tracing) catchComplaints() {
	otel.SetLogger(t.log.V(2))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { t.log.V(1).Info("OpenTelemetry complains", "reason", shorten(err.Error(), maxText)) }))
}

func (p *pipeline) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = p.provider.Shutdown(ctx) // what is not exported by then is lost
}
