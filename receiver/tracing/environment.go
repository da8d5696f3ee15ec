// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
)

const (
	defaultEndpoint = "http://localhost:4318"
	path            = "/v1/traces"
)

var errEnvironment = errors.New("OTEL_EXPORTER_OTLP_ENDPOINT or …_TRACES_ENDPOINT is no absolute http or https URL")

// destination is where spans go: what is configured, else what the environment says
// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
func destination(endpoint string) (string, error) {
	if endpoint == "" {
		if whole := os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); whole != "" {
			return whole, check(whole)
		}
		endpoint = cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), defaultEndpoint)
	}
	return strings.TrimSuffix(endpoint, "/") + path, check(endpoint)
}

func check(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errEnvironment // which may hold a secret
	}
	return nil
}

// headers are those that the environment wants to be sent along, such as a collector's token.
func headers() http.Header {
	header := http.Header{}
	list := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS"), os.Getenv("OTEL_EXPORTER_OTLP_HEADERS"))
	for pair := range strings.SplitSeq(list, ",") {
		name, value, found := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); found && name != "" && err == nil {
			header.Set(name, value)
		}
	}
	return header
}
