// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"k8s.io/client-go/rest"

	"github.com/superoffice-webhook/operator/test/collector"
)

func TestTracing(t *testing.T) {
	former := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(former) })
	c := collector.Start(t)
	for name, test := range map[string]struct {
		args  []string
		spans int
	}{
		"off unless asked for":   {nil, 0},
		"to a collector":         {[]string{"--tracing", "--tracing-endpoint=" + c.URL}, 1},
		"of none in a million":   {[]string{"--tracing", "--tracing-endpoint=" + c.URL, "--tracing-sampling-rate-per-million=0"}, 0},
		"as the environment has": {[]string{"--tracing"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
			before := len(c.Spans())
			o, err := parse(t, test.args...)
			if err != nil {
				t.Fatal(err)
			}
			cluster := &rest.Config{}
			stop, err := o.tracing.start(t.Context(), "operators", cluster, logr.Discard())
			if err != nil {
				t.Fatal(err)
			}
			if (cluster.WrapTransport != nil) != o.tracing.enabled {
				t.Errorf("requests are traced: %t", cluster.WrapTransport != nil)
			}
			_, span := otel.Tracer("test").Start(t.Context(), "reconcile")
			span.End()
			stop()
			got := c.Spans()[before:]
			if len(got) != test.spans {
				t.Fatalf("%d spans came, want %d", len(got), test.spans)
			}
			for _, s := range got {
				for attribute, want := range map[string]string{
					"service.name": "superoffice-webhook-operator", "service.namespace": "operators", "deployment.environment": "test",
				} {
					if s.Resource[attribute] != want {
						t.Errorf("%s is %q, want %q", attribute, s.Resource[attribute], want)
					}
				}
			}
		})
	}
}

func TestBadTracing(t *testing.T) {
	for argument, want := range map[string]string{
		"--tracing-endpoint=http://otel:4318":          "--tracing-endpoint: means nothing without --tracing",
		"--tracing-sampling-rate-per-million=-1":       "--tracing-sampling-rate-per-million: must be 0 to 1000000",
		"--tracing-sampling-rate-per-million=10000000": "--tracing-sampling-rate-per-million: must be 0 to 1000000",
	} {
		o, err := parse(t, argument)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.check(); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", argument, err, want)
		}
	}
}
