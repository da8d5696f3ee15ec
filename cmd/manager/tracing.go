// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"k8s.io/client-go/rest"

	"github.com/superoffice-webhook/operator/controllers"
	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/tracing"
)

// allOf is the sampling rate of everything.
const allOf = 1_000_000

// traces are the flags about tracing of the manager itself.
type traces struct {
	enabled  bool
	endpoint string
	rate     int
}

func (t *traces) bind(flags *flag.FlagSet) {
	flags.BoolVar(&t.enabled, "tracing", false,
		"tell of each look at a resource, its steps and its requests to the API server by OpenTelemetry (OTLP over HTTP)")
	flags.StringVar(&t.endpoint, "tracing-endpoint", "",
		"base URL of a collector for --tracing, for example http://otel-collector.observability:4318; default: the environment "+
			"variables OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT, else http://localhost:4318")
	flags.IntVar(&t.rate, "tracing-sampling-rate-per-million", allOf,
		"of how many looks in a million is told, for --tracing")
}

func (t *traces) check() error {
	switch {
	case t.rate < 0 || t.rate > allOf:
		return errors.New("--tracing-sampling-rate-per-million: must be 0 to 1000000")
	case t.endpoint != "" && !t.enabled:
		return errors.New("--tracing-endpoint: means nothing without --tracing")
	}
	return nil
}

// start has all that the manager does from now on be told of, if that is asked for. Before the process ends, stop exports
// what is left, for some seconds at most.
func (t *traces) start(ctx context.Context, namespace string, cluster *rest.Config, log logr.Logger) (stop func(), err error) {
	if !t.enabled {
		return func() {}, nil
	}
	running := tracing.New(version, func(int, error) {}, log)
	err = running.Configure(ctx, &config.Tracing{
		Endpoint: t.endpoint, SamplingRatePerMillion: &t.rate, ServiceName: controllers.FieldManager, ServiceNamespace: namespace,
	})
	if err != nil {
		return nil, err
	}
	otel.SetTracerProvider(running.Provider())
	cluster.Wrap(controllers.TraceRequests)
	return running.Close, nil
}
