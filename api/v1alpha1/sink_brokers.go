// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// KafkaSink produces each event to a topic of Apache Kafka, with the record
// (tenant/entity/primary key) as its key, so that events about one record stay
// in one partition. An event is delivered when all in-sync replicas have it.
type KafkaSink struct {
	// brokers are the first to ask, which tell of all others: host:port, like
	// kafka-0.kafka.messaging:9092.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Brokers []HostPort `json:"brokers"`
	// topic to produce to, like superoffice-activities. It must exist.
	// +required
	// +kubebuilder:validation:MaxLength=249
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$') && !(self in ['.', '..'])",message="must be the name of a topic: letters, digits, '.', '_' and '-', but not '.' or '..'"
	Topic string `json:"topic"`
	// sasl shows the brokers who we are. Default: nothing is shown.
	// +optional
	SASL *KafkaSASL `json:"sasl,omitempty"`
	// tls encrypts the connection, says whom to trust and shows a client
	// certificate; {} is TLS with the authorities of the receiver's image.
	// Default: not encrypted.
	// +optional
	TLS *TLS `json:"tls,omitempty"`
	// timeout of one attempt, as a duration like "10s". Default 10s.
	// +optional
	// +kubebuilder:default="10s"
	Timeout Timeout `json:"timeout,omitempty"`
}

// KafkaSASL shows Kafka who we are.
type KafkaSASL struct {
	// mechanism by which the password is shown. PLAIN sends it as it is, so it
	// needs tls; SCRAM-SHA-256 and SCRAM-SHA-512 send a proof that we know it.
	// +required
	// +kubebuilder:validation:Enum=PLAIN;SCRAM-SHA-256;SCRAM-SHA-512
	Mechanism string `json:"mechanism"`

	UserPassword `json:",inline"`
}

// NATSSink publishes each event to NATS JetStream. An event is delivered when
// a stream has acknowledged it; the stream recognises a repetition by its
// message id, within its own window.
type NATSSink struct {
	// urls of the servers of one NATS system, like nats://nats.messaging:4222 or
	// tls://nats.example.com:4222. One is chosen at random; another follows when
	// it fails.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	URLs []NATSURL `json:"urls"`
	// subject to publish to. {event}, {tenant} and {entity} stand for what the
	// event says, for example superoffice.{event}. A stream must cover it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.replace('{event}', 'x').replace('{tenant}', 'x').replace('{entity}', 'x').matches(r'^[^\\x00-\\x20\\x7f.*>{}$][^\\x00-\\x20\\x7f.*>{}]*([.][^\\x00-\\x20\\x7f.*>{}]+)*$')",message="must be a subject to publish to, like superoffice.{event}: no wildcards, no white space, no empty tokens, no '$' in front, and no other placeholders than {event}, {tenant} and {entity}"
	Subject string `json:"subject"`
	// credentials are a .creds file
	// (https://docs.nats.io/using-nats/developer/connecting/creds). Default: none
	// are shown.
	// +optional
	Credentials *SecretSource `json:"credentials,omitempty"`
	// tls demands TLS, says whom to trust and shows a client certificate; {} is
	// TLS with the authorities of the receiver's image. Default: TLS with these
	// where the URL begins with tls or the server demands it.
	// +optional
	TLS *TLS `json:"tls,omitempty"`
	// timeout of one attempt, as a duration like "10s". Default 10s.
	// +optional
	// +kubebuilder:default="10s"
	Timeout Timeout `json:"timeout,omitempty"`
}

// RabbitMQSink publishes each event, persistent and mandatory, to an exchange
// of RabbitMQ. An event is delivered when the broker has confirmed it; one
// that no queue is bound for is tried again.
type RabbitMQSink struct {
	// address of the broker, host:port, like rabbitmq.messaging:5672.
	// +required
	Address HostPort `json:"address"`
	// virtualHost on the broker. Default /.
	// +optional
	// +kubebuilder:default=/
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	VirtualHost string `json:"virtualHost,omitempty"`
	// exchange to publish to, like superoffice. It must exist. Default: the
	// default exchange, whose routing keys are the names of queues.
	// +optional
	// +kubebuilder:validation:MaxLength=127
	Exchange string `json:"exchange,omitempty"`
	// routingKey of the event. {event}, {tenant} and {entity} stand for what the
	// event says, for example superoffice.{tenant}.{event}. Default {event}, so
	// for example activity.created.
	// +optional
	// +kubebuilder:default="{event}"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule="!self.replace('{event}', '').replace('{tenant}', '').replace('{entity}', '').matches('[{}]')",message="must have no other placeholders than {event}, {tenant} and {entity}"
	RoutingKey string `json:"routingKey,omitempty"`
	// auth shows the broker who we are.
	// +required
	Auth UserPassword `json:"auth"`
	// tls encrypts the connection, says whom to trust and shows a client
	// certificate; {} is TLS with the authorities of the receiver's image.
	// Default: not encrypted.
	// +optional
	TLS *TLS `json:"tls,omitempty"`
	// timeout of one attempt, as a duration like "10s". Default 10s.
	// +optional
	// +kubebuilder:default="10s"
	Timeout Timeout `json:"timeout,omitempty"`
}

// RedisSink adds each event to a stream of Redis with XADD. Streams do not
// recognise repetitions: consumers do, by the field id.
type RedisSink struct {
	// address of the server, host:port, like redis.messaging:6379.
	// +required
	Address HostPort `json:"address"`
	// stream is the key of the stream, like superoffice. It is made when it does
	// not exist.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Stream string `json:"stream"`
	// maxLength is about how many entries the stream keeps, for example 100000:
	// older ones are dropped by Redis, read or not. Default: all are kept.
	// +optional
	// +kubebuilder:validation:Minimum=1
	MaxLength int64 `json:"maxLength,omitempty"`
	// database is the number of the database. Default 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65535
	Database int32 `json:"database,omitempty"`
	// auth shows the server who we are, as a user of its access control list;
	// where the server has a password only, the user is default. Default: nothing
	// is shown.
	// +optional
	Auth *UserPassword `json:"auth,omitempty"`
	// tls encrypts the connection, says whom to trust and shows a client
	// certificate; {} is TLS with the authorities of the receiver's image.
	// Default: not encrypted.
	// +optional
	TLS *TLS `json:"tls,omitempty"`
	// timeout of one attempt, as a duration like "10s". Default 10s.
	// +optional
	// +kubebuilder:default="10s"
	Timeout Timeout `json:"timeout,omitempty"`
}

// LogSink writes each event as one line of JSON to the receiver's standard
// output.
type LogSink struct {
	// body adds the whole body to the line. Default false.
	// +optional
	Body bool `json:"body,omitempty"`
	// redact are the names of values of the event that are not shown, like
	// associate_id; "*" for all. Default: all are shown.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	Redact []string `json:"redact,omitempty"`
}
