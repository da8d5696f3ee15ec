// SPDX-License-Identifier: Apache-2.0

package config

// SecretFile names a file that holds a secret, relative to the configuration's folder. One newline at its end is not part
// of the secret, because editors and "echo" leave it there.
type SecretFile string

// HTTP is an HTTP endpoint.
type HTTP struct {
	// URL to post to; http or https. Only a sink that waits for something may have none.
	URL string `json:"url,omitempty"`
	// Headers are added to each request and win over those of the event.
	Headers []Header `json:"headers,omitempty"`
	// Auth is how to show the endpoint who we are. It wins over Headers.
	Auth *HTTPAuth `json:"auth,omitempty"`
	// SigningKeyFiles hold keys, each of which signs each request for the endpoint. Base64, with or without "whsec_".
	SigningKeyFiles []SecretFile `json:"signingKeyFiles,omitempty"`
	// TLS says whom to trust, and who we are. Default: the system's authorities.
	TLS *TLS `json:"tls,omitempty"`
	// AllowLinkLocal lets connections go to link-local addresses and the metadata services of clouds. Default false.
	AllowLinkLocal bool `json:"allowLinkLocal,omitempty"`
	// Timeout of one attempt, from connecting to the end of the answer. Default 10s.
	Timeout Duration `json:"timeout,omitempty"`
}

// Header is one HTTP header. Exactly one of Value and File is set.
type Header struct {
	Name string `json:"name"`
	// Value is for what is no secret.
	Value *string `json:"value,omitempty"`
	// File holds the value.
	File SecretFile `json:"file,omitempty"`
}

// HTTPAuth is how to show an HTTP endpoint who we are. Exactly one of its fields is set.
type HTTPAuth struct {
	// BearerFile holds a token.
	BearerFile SecretFile `json:"bearerFile,omitempty"`
	// Basic is a user name with a password.
	Basic *UserPassword `json:"basic,omitempty"`
	// OAuth2 gets tokens by client credentials.
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`
}

// UserPassword is a user name with a password.
type UserPassword struct {
	Username     string     `json:"username"`
	PasswordFile SecretFile `json:"passwordFile"`
}

// OAuth2 gets tokens by client credentials (RFC 6749 §4.4).
type OAuth2 struct {
	// TokenURL is the token endpoint.
	TokenURL         string     `json:"tokenURL"`
	ClientID         string     `json:"clientID"`
	ClientSecretFile SecretFile `json:"clientSecretFile"`
	// Scopes that are asked for. Default: the server's.
	Scopes []string `json:"scopes,omitempty"`
	// Audience that is asked for, where the server wants one.
	Audience string `json:"audience,omitempty"`
}

// TLS says whom to trust, and who we are.
type TLS struct {
	// CAFile holds the authorities to trust, in PEM. Default: the system's.
	CAFile SecretFile `json:"caFile,omitempty"`
	// CertificateFile and KeyFile hold our certificate and its key, in PEM. Both or neither.
	CertificateFile SecretFile `json:"certificateFile,omitempty"`
	KeyFile         SecretFile `json:"keyFile,omitempty"`
}

// Kafka is a topic of Apache Kafka.
type Kafka struct {
	// Brokers to ask first, host:port.
	Brokers []string `json:"brokers"`
	// Topic to produce to. It must exist.
	Topic string `json:"topic"`
	// Mechanism of SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. Empty without Auth.
	Mechanism string `json:"mechanism,omitempty"`
	// Auth is who we are.
	Auth *UserPassword `json:"auth,omitempty"`
	// TLS encrypts the connection. Default: it is not encrypted.
	TLS *TLS `json:"tls,omitempty"`
	// AllowLinkLocal lets connections go to link-local addresses and the metadata services of clouds. Default false.
	AllowLinkLocal bool `json:"allowLinkLocal,omitempty"`
	// Timeout of one attempt. Default 10s.
	Timeout Duration `json:"timeout,omitempty"`
}

// NATS is a subject that a stream of NATS JetStream covers.
type NATS struct {
	// URLs of the servers, like nats://nats.messaging:4222.
	URLs []string `json:"urls"`
	// Subject to publish to, with {event}, {tenant} and {entity} for what the event says.
	Subject string `json:"subject"`
	// CredentialsFile is a .creds file.
	CredentialsFile SecretFile `json:"credentialsFile,omitempty"`
	// TLS says whom to trust. Default: the system's authorities.
	TLS *TLS `json:"tls,omitempty"`
	// AllowLinkLocal lets connections go to link-local addresses and the metadata services of clouds. Default false.
	AllowLinkLocal bool `json:"allowLinkLocal,omitempty"`
	// Timeout of one attempt. Default 10s.
	Timeout Duration `json:"timeout,omitempty"`
}

// RabbitMQ is an exchange of RabbitMQ.
type RabbitMQ struct {
	// Address of the broker, host:port.
	Address string `json:"address"`
	// VirtualHost on the broker. Default "/".
	VirtualHost string `json:"virtualHost,omitempty"`
	// Exchange to publish to. Default: the default exchange.
	Exchange string `json:"exchange,omitempty"`
	// RoutingKey, with {event}, {tenant} and {entity} for what the event says. Default "{event}".
	RoutingKey string `json:"routingKey,omitempty"`
	// Auth is who we are.
	Auth *UserPassword `json:"auth"`
	// TLS encrypts the connection. Default: it is not encrypted.
	TLS *TLS `json:"tls,omitempty"`
	// AllowLinkLocal lets connections go to link-local addresses and the metadata services of clouds. Default false.
	AllowLinkLocal bool `json:"allowLinkLocal,omitempty"`
	// Timeout of one attempt. Default 10s.
	Timeout Duration `json:"timeout,omitempty"`
}

// Redis is a stream of Redis.
type Redis struct {
	// Address of the server, host:port.
	Address string `json:"address"`
	// Stream is the key of the stream.
	Stream string `json:"stream"`
	// MaxLength is about how many entries the stream keeps. Default 0: all.
	MaxLength int64 `json:"maxLength,omitempty"`
	// Database is its number. Default 0.
	Database int `json:"database,omitempty"`
	// Auth is who we are. Default: the server's default user, without a password.
	Auth *UserPassword `json:"auth,omitempty"`
	// TLS encrypts the connection. Default: it is not encrypted.
	TLS *TLS `json:"tls,omitempty"`
	// AllowLinkLocal lets connections go to link-local addresses and the metadata services of clouds. Default false.
	AllowLinkLocal bool `json:"allowLinkLocal,omitempty"`
	// Timeout of one attempt. Default 10s.
	Timeout Duration `json:"timeout,omitempty"`
}

// Log is standard output.
type Log struct {
	// Body adds the whole body to each line.
	Body bool `json:"body,omitempty"`
	// Redact are the names of values that are not shown; "*" for all.
	Redact []string `json:"redact,omitempty"`
}
