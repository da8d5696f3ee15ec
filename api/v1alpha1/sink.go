// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Sink is one destination of events. Exactly one of its kinds (http, kafka,
// nats, rabbitMQ, redis, log) is set.
//
// +kubebuilder:validation:XValidation:rule="[has(self.http), has(self.kafka), has(self.nats), has(self.rabbitMQ), has(self.redis), has(self.log)].filter(set, set).size() == 1",message="exactly one kind of sink must be set: http, kafka, nats, rabbitMQ, redis or log"
type Sink struct {
	// name of the sink, like erp: unique in the resource, part of metric labels. A
	// renamed sink is a new sink.
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

	// filter is a condition in CEL (https://cel.dev); an event for which it is
	// false is not sent to this sink. The variable event has the keys of
	// SuperOffice's body under their own names, for example
	// event.?FieldValues.?type.orValue(0) != 4 for all but documents. An event for
	// which the filter has no value, because it asks for a key that is not there,
	// becomes a dead letter. Default: every event passes.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	Filter string `json:"filter,omitempty"`

	// format of what is sent. Raw: the body as SuperOffice sent it, byte by byte,
	// with its headers. CloudEventsBinary: the same body with CloudEvents 1.0
	// attributes beside it, by HTTP as ce- headers. CloudEventsStructured: one
	// application/cloudevents+json document. Default CloudEventsBinary.
	// +optional
	// +kubebuilder:default=CloudEventsBinary
	Format Format `json:"format,omitempty"`

	// http sends each event as a POST request.
	// +optional
	HTTP *HTTPSink `json:"http,omitempty"`
	// kafka produces each event to a topic of Apache Kafka.
	// +optional
	Kafka *KafkaSink `json:"kafka,omitempty"`
	// nats publishes each event to a stream of NATS JetStream.
	// +optional
	NATS *NATSSink `json:"nats,omitempty"`
	// rabbitMQ publishes each event to an exchange of RabbitMQ.
	// +optional
	RabbitMQ *RabbitMQSink `json:"rabbitMQ,omitempty"`
	// redis adds each event to a stream of Redis.
	// +optional
	Redis *RedisSink `json:"redis,omitempty"`
	// log writes each event as one line of JSON to the receiver's standard output,
	// for trials and audits. It ignores format.
	// +optional
	Log *LogSink `json:"log,omitempty"`

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
