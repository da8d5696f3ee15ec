// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Tracing has receivers tell of each event by OpenTelemetry: one trace from
// its receipt to every attempt at every sink. Sinks are told of the trace by
// W3C Trace Context (traceparent). Traces hold the event's name, EventId and
// tenant, and nothing else of it.
type Tracing struct {
	// endpoint of a collector that takes OTLP over HTTP (protobuf), like
	// http://otel-collector.observability:4318. /v1/traces is added to it.
	// +required
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http','https'] && url(self).getHostname() != '' && !self.contains('@')",message="must be an absolute http or https URL without credentials, like http://otel-collector.observability:4318"
	Endpoint string `json:"endpoint"`
	// samplingRatePerMillion is of how many events in a million a trace is told.
	// Default 1000000: of all. What a request says of this itself is not heeded.
	// +optional
	// +kubebuilder:default=1000000
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	SamplingRatePerMillion *int32 `json:"samplingRatePerMillion,omitempty"`
}
