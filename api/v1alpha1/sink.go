// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Sink is one destination of events. Exactly one of its kinds (http) is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.http)",message="exactly one kind of sink must be set: http"
type Sink struct {
	// name of the sink: unique in the resource, part of metric labels. A renamed sink is a new sink.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`

	// events that this sink wants. Default: all of spec.events.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	Events []EventName `json:"events,omitempty"`

	// format of what is sent. Raw: the body as SuperOffice sent it, byte by byte, with its headers.
	// CloudEventsBinary: the same body with CloudEvents 1.0 attributes as ce- headers. CloudEventsStructured: one
	// application/cloudevents+json document. Default CloudEventsBinary.
	// +optional
	// +kubebuilder:default=CloudEventsBinary
	Format Format `json:"format,omitempty"`

	// http sends each event as a POST request.
	// +optional
	HTTP *HTTPSink `json:"http,omitempty"`

	// delivery says how hard and how fast to try.
	// +optional
	// +kubebuilder:default={}
	Delivery Delivery `json:"delivery,omitempty"`
}

// Format is the form in which an event reaches a sink.
//
// +kubebuilder:validation:Enum=Raw;CloudEventsBinary;CloudEventsStructured
type Format string

// The formats.
const (
	FormatRaw                   Format = "Raw"
	FormatCloudEventsBinary     Format = "CloudEventsBinary"
	FormatCloudEventsStructured Format = "CloudEventsStructured"
)

// HTTPSink is an HTTP endpoint. Any 2xx answer is success; 408, 425, 429, 5xx and network errors are tried again;
// every other answer makes the event a dead letter. Redirects are not followed.
type HTTPSink struct {
	// url to post to, for example https://erp.example.com/hooks/superoffice.
	// +required
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http','https'] && url(self).getHostname() != ''",message="must be an absolute http or https URL, like https://erp.example.com/hooks"
	// +kubebuilder:validation:XValidation:rule="!self.contains('@')",message="must not contain '@': credentials do not belong into a URL; use headers[].valueFrom.secretKeyRef"
	URL string `json:"url"`

	// headers are added to each request and win over those of the event.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=32
	Headers []Header `json:"headers,omitempty"`

	// timeout of one attempt, from connecting to the end of the answer, as a duration like "10s". Default 10s.
	// +optional
	// +kubebuilder:default="10s"
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9.]+(ms|s|m|h))+$') && duration(self) >= duration('100ms') && duration(self) <= duration('5m')",message="must be a duration between 100ms and 5m, like 10s or 1m30s"
	Timeout Duration `json:"timeout,omitempty"`
}

// Header is one HTTP header: its value given here or taken from a Secret.
//
// +kubebuilder:validation:XValidation:rule="has(self.value) != has(self.valueFrom)",message="exactly one of value and valueFrom must be set"
type Header struct {
	// name of the header. Headers that belong to the connection or to the body (Host, Content-Length, …) are refused.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[-!#$%&'*+.^_|~0-9A-Za-z]+$`
	// +kubebuilder:validation:XValidation:rule="!(self.lowerAscii() in ['host','content-length','transfer-encoding','connection','keep-alive','upgrade','te','trailer','proxy-connection'])",message="must not be a header of the connection (Host, Content-Length, Transfer-Encoding, Connection, …)"
	Name string `json:"name"`
	// value of the header, for what is no secret.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	// +kubebuilder:validation:Pattern=`^[\t\x20-\x7e]*$`
	// +kubebuilder:validation:XValidation:rule="self.matches('^[\\t\\x20-\\x7e]*$')",message="must be printable ASCII characters, without line breaks"
	Value *string `json:"value,omitempty"`
	// valueFrom takes the value from a Secret of the same namespace. A changed value is taken over in place.
	// +optional
	ValueFrom *HeaderSource `json:"valueFrom,omitempty"`
}

// HeaderSource is where the value of a header comes from.
type HeaderSource struct {
	// secretKeyRef names a key of a Secret.
	// +required
	SecretKeyRef SecretKeyReference `json:"secretKeyRef"`
}

// SecretKeyReference names a key of a Secret in the resource's namespace.
type SecretKeyReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`
	// key in the Secret.
	// +required
	Key SecretKey `json:"key"`
}

// Delivery says how hard and how fast a sink is tried.
type Delivery struct {
	// concurrency is how many events each receiver pod sends to this sink at the same time. Default 8.
	// +optional
	// +kubebuilder:default=8
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=256
	Concurrency int32 `json:"concurrency,omitempty"`
	// retry says when to try again and when to give up.
	// +optional
	// +kubebuilder:default={}
	Retry Retry `json:"retry,omitempty"`
}

// Retry says when a failed delivery is tried again.
type Retry struct {
	// backoff is the pause between attempts. It doubles with each attempt, is capped, and is drawn at random below
	// its value ("full jitter"). A Retry-After header of the sink can make it longer, never shorter.
	// +optional
	// +kubebuilder:default={}
	Backoff Backoff `json:"backoff,omitempty"`
	// maxAge is how long after its receipt an event is tried at most; then it becomes a dead letter. A duration
	// like "72h". Default 72h.
	// +optional
	// +kubebuilder:default="72h"
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9.]+(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('8760h')",message="must be a duration between 1s and 8760h, like 30m or 72h"
	MaxAge Duration `json:"maxAge,omitempty"`
}

// Backoff is the pause between two attempts.
//
// +kubebuilder:validation:XValidation:rule="!has(self.initial) || !has(self.max) || ![self.initial, self.max].all(d, d.matches('^([0-9.]+(ms|s|m|h))+$')) || duration(self.initial) <= duration(self.max)",message="initial must not be longer than max, which is 10m where it is not given"
type Backoff struct {
	// initial is the longest pause after the first failure, as a duration like "1s". Default 1s.
	// +optional
	// +kubebuilder:default="1s"
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9.]+(ms|s|m|h))+$') && duration(self) >= duration('10ms') && duration(self) <= duration('1h')",message="must be a duration between 10ms and 1h, like 500ms or 1s"
	Initial Duration `json:"initial,omitempty"`
	// max is the longest pause ever, as a duration like "10m". Default 10m.
	// +optional
	// +kubebuilder:default="10m"
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9.]+(ms|s|m|h))+$') && duration(self) >= duration('10ms') && duration(self) <= duration('24h')",message="must be a duration between 10ms and 24h, like 10m or 1h30m"
	Max Duration `json:"max,omitempty"`
}
