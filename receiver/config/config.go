// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// APIVersion is the version of the file format that this package reads and writes.
const APIVersion = "receiver.superoffice.dev/v1"

// Config is the content of the file.
type Config struct {
	// APIVersion must be "receiver.superoffice.dev/v1".
	APIVersion string `json:"apiVersion"`
	// Suspend pauses delivery to all sinks; events are still accepted and stored.
	Suspend bool `json:"suspend,omitempty"`
	// Intake is the HTTP server that faces SuperOffice.
	Intake Intake `json:"intake"`
	// Admin is the HTTP server for status, metrics, probes and dead letters.
	Admin Admin `json:"admin"`
	// Tenants are the accepted values of ContextIdentifier. Empty: any.
	Tenants []string `json:"tenants,omitempty"`
	// IgnoreAssociates are the associates whose changes are not wanted, by id.
	IgnoreAssociates []int64 `json:"ignoreAssociates,omitempty"`
	// Events are the names of the wanted events, like "activity.created". At least one.
	Events []string `json:"events"`
	// Queue says how events are kept.
	Queue Queue `json:"queue"`
	// HandOver says to whom goes what is left at the end of the process.
	HandOver HandOver `json:"handOver,omitzero"`
	// Tracing tells of events by OpenTelemetry. Default: not.
	Tracing *Tracing `json:"tracing,omitempty"`
	// Sinks are the destinations. At least one, names are unique.
	Sinks []Sink `json:"sinks"`
}

// Intake is the HTTP server that faces SuperOffice.
type Intake struct {
	// Address to listen on, host:port. Default ":8080".
	Address string `json:"address,omitempty"`
	// Path on which events are accepted. Default "/webhook".
	Path string `json:"path,omitempty"`
	// MaxBodyBytes is the largest body that is read. Default 1 MiB.
	MaxBodyBytes int64 `json:"maxBodyBytes,omitempty"`
	// Secrets are the accepted shared secrets, the current one first. At least one.
	Secrets []SharedSecret `json:"secrets"`
	// TLS has intake speak TLS 1.2 or 1.3, and HTTP/2. Default: HTTP/1.1 in clear, for a proxy in front that speaks TLS.
	TLS *ServerTLS `json:"tls,omitempty"`
}

// ServerTLS is the certificate of intake.
type ServerTLS struct {
	// CertificateFile holds the certificate, and behind it those that it is signed by, in PEM.
	CertificateFile SecretFile `json:"certificateFile"`
	// KeyFile holds its private key, in PEM.
	KeyFile SecretFile `json:"keyFile"`
	// AuthoritiesFile holds the authorities that sign this certificate and its successors, in PEM, by which a receiver
	// knows another one that has the successor already when it hands over. The file may be absent. Default: the
	// system's, and those in CertificateFile.
	AuthoritiesFile string `json:"authoritiesFile,omitempty"`
}

// SharedSecret is a file that holds one shared secret, byte for byte as typed into SuperOffice. It is not trimmed.
type SharedSecret struct {
	// Name of the slot, as seen in metrics: "current", "previous".
	Name string `json:"name"`
	// File with the secret, relative to the configuration's folder.
	File string `json:"file"`
	// Optional lets the file be absent.
	Optional bool `json:"optional,omitempty"`
}

// Admin is the HTTP server for operators.
type Admin struct {
	// Address to listen on, host:port. Default ":8081".
	Address string `json:"address,omitempty"`
}

// Queue says how events are kept until every sink has them.
type Queue struct {
	// MaxBytes is the room for events, and again for dead letters. Default 1 GiB.
	MaxBytes int64 `json:"maxBytes,omitempty"`
	// MaxAge is how long an event or a dead letter is kept at most. Default 168h.
	MaxAge Duration `json:"maxAge,omitempty"`
	// DuplicateWindow is how long an event is remembered so that its repetition is not stored again. Default 2m:
	// SuperOffice makes its three attempts within 5 seconds and goes on to the next cycle at once.
	DuplicateWindow Duration `json:"duplicateWindow,omitempty"`
	// Sync has the disk take each event before it is acknowledged, all that wait at a time by one sync. It is for volumes
	// that outlive the machine's failure. Default false: what is acknowledged outlives the process, not the machine.
	Sync bool `json:"sync,omitempty"`
	// JetStream keeps events in a NATS JetStream system that is there already, where all receivers with the same Prefix share
	// them. Default: in the receiver's own directory.
	JetStream *JetStream `json:"jetStream,omitempty"`
}

// JetStream is a NATS system with JetStream. At most one of CredentialsFile, NKeyFile and Auth is set.
type JetStream struct {
	// URLs of the servers, like nats://nats.messaging:4222.
	URLs []string `json:"urls"`
	// Prefix of the names of the two streams, and of all their subjects. It belongs to the receivers of one queue alone.
	Prefix string `json:"prefix"`
	// Replicas are how many servers have each event: 1, 3 or 5. Default 3.
	Replicas int `json:"replicas,omitempty"`
	// CredentialsFile is a .creds file.
	CredentialsFile SecretFile `json:"credentialsFile,omitempty"`
	// NKeyFile holds the seed of an nkey.
	NKeyFile SecretFile `json:"nkeyFile,omitempty"`
	// Auth is a user of the servers' configuration.
	Auth *UserPassword `json:"auth,omitempty"`
	// TLS says whom to trust. Default: the system's authorities.
	TLS *TLS `json:"tls,omitempty"`
}

// HandOver says to whom goes what is left in the queue at the end of the process: to other receivers of the same webhook,
// when the queue does not outlive this one.
type HandOver struct {
	// URL at which they receive, like "http://crm-receiver.sales.svc/webhook": the address that SuperOffice's requests come
	// to as well. Default none: what is left stays in the queue's directory.
	URL string `json:"url,omitempty"`
	// Generation is which of the webhook's configurations this is: a later one has a higher number. By it a receiver that lacks
	// what is handed over to it tells whether that is to come or was removed. One that differs in nothing else is not taken over anew. Default 0: none is later than another.
	Generation int64 `json:"generation,omitempty"`
}

// Tracing tells of events by OpenTelemetry (OTLP over HTTP).
type Tracing struct {
	// Endpoint is the base URL of a collector, like http://otel-collector:4318. Default: what the variables of the
	// environment OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT say, else http://localhost:4318.
	Endpoint string `json:"endpoint,omitempty"`
	// SamplingRatePerMillion is of how many events in a million a trace is told. Default 1000000.
	SamplingRatePerMillion *int `json:"samplingRatePerMillion,omitempty"`
	// ServiceName is what traces call the receiver. Default "superoffice-webhook-receiver".
	ServiceName string `json:"serviceName,omitempty"`
	// ServiceNamespace is which of several services of that name it is. Default none.
	ServiceNamespace string `json:"serviceNamespace,omitempty"`
}

// Format is the form in which an event reaches a sink.
type Format string

// The formats. Raw is the body as received with its headers; the others are CloudEvents 1.0 over HTTP.
const (
	Raw                   Format = "Raw"
	CloudEventsBinary     Format = "CloudEventsBinary"
	CloudEventsStructured Format = "CloudEventsStructured"
)

// Sink is one destination of events. Exactly one of its kinds is set.
type Sink struct {
	// Name is unique and part of the sink's cursor in the queue: a renamed sink is a new sink.
	Name string `json:"name"`
	// Events that this sink wants. Empty: all.
	Events []string `json:"events,omitempty"`
	// Format of what is sent. Default CloudEventsBinary.
	Format Format `json:"format,omitempty"`
	// Filter is a condition in CEL over the event, see package filter; what it is false for is not sent. An event for which
	// it has no value becomes a dead letter. Empty: all.
	Filter string `json:"filter,omitempty"`
	// WaitingFor says what this sink still lacks, such as an object that is to tell its URL. Its events are kept, and none is
	// tried. Default: it lacks nothing.
	WaitingFor string `json:"waitingFor,omitempty"`
	// HTTP posts each event.
	HTTP *HTTP `json:"http,omitempty"`
	// Kafka produces each event to a topic.
	Kafka *Kafka `json:"kafka,omitempty"`
	// NATS publishes each event to JetStream.
	NATS *NATS `json:"nats,omitempty"`
	// RabbitMQ publishes each event to an exchange.
	RabbitMQ *RabbitMQ `json:"rabbitMQ,omitempty"`
	// Redis adds each event to a stream.
	Redis *Redis `json:"redis,omitempty"`
	// Log writes each event as a line of JSON to standard output; it ignores Format.
	Log *Log `json:"log,omitempty"`
	// Delivery says how hard and how fast to try.
	Delivery Delivery `json:"delivery"`
}

// Delivery says how hard and how fast a sink is tried.
type Delivery struct {
	// Order is None, or PerRecord: an event waits for the ones before it about the same record; not with a queue in
	// JetStream. Default None.
	Order Order `json:"order,omitempty"`
	// Concurrency is how many events are sent at the same time at most. Default 8.
	Concurrency int `json:"concurrency,omitempty"`
	// PerSecond is how many attempts are made each second at most. Default 0: no limit.
	PerSecond int `json:"perSecond,omitempty"`
	// InitialBackoff is the longest pause after the first failure. Default 1s.
	InitialBackoff Duration `json:"initialBackoff,omitempty"`
	// MaxBackoff is the longest pause ever. Default 10m.
	MaxBackoff Duration `json:"maxBackoff,omitempty"`
	// MaxAge is how long after its receipt an event is tried at most. Default 72h.
	MaxAge Duration `json:"maxAge,omitempty"`
	// MaxAttempts is how often an event is tried at most. Default 0: no limit.
	MaxAttempts int `json:"maxAttempts,omitempty"`
	// Circuit says when to leave a sink that is down alone.
	Circuit Circuit `json:"circuit,omitzero"`
}

// Order is what is promised of the order in which events reach a sink.
type Order string

// The orders.
const (
	None      Order = "None"
	PerRecord Order = "PerRecord"
)

// Circuit says when to leave a sink that is down alone, and how often to look whether it is back.
type Circuit struct {
	// After is how long a sink must have failed without one success. Default 30s.
	After Duration `json:"after,omitempty"`
	// ProbeInterval is how often one event is tried from then on, until one succeeds. Default 10s.
	ProbeInterval Duration `json:"probeInterval,omitempty"`
}

// The defaults of fields that are absent.
const (
	DefaultIntakeAddress   = ":8080"
	DefaultPath            = "/webhook"
	DefaultMaxBodyBytes    = 1 << 20
	DefaultAdminAddress    = ":8081"
	DefaultQueueBytes      = 1 << 30
	DefaultQueueAge        = Duration(168 * time.Hour)
	DefaultDuplicateWindow = Duration(2 * time.Minute)
	DefaultQueueReplicas   = 3
	DefaultSamplingRate    = 1_000_000
	DefaultServiceName     = "superoffice-webhook-receiver"
	DefaultTimeout         = Duration(10 * time.Second)
	DefaultVirtualHost     = "/"
	DefaultRoutingKey      = "{event}"
	DefaultConcurrency     = 8
	DefaultInitialBackoff  = Duration(time.Second)
	DefaultMaxBackoff      = Duration(10 * time.Minute)
	DefaultMaxAge          = Duration(72 * time.Hour)
	DefaultCircuitAfter    = Duration(30 * time.Second)
	DefaultProbeInterval   = Duration(10 * time.Second)
)

// Duration is a span of time, written as Go does: "500ms", "1h30m".
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. Its error is of a type that encoding/json adds the field to.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return &json.UnmarshalTypeError{Value: fmt.Sprintf("%q", text), Type: reflect.TypeFor[Duration]()}
	}
	*d = Duration(v)
	return nil
}

// Std returns the duration as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }
