// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"

	"sigs.k8s.io/yaml"
)

// File is a configuration that was read from a file and is valid.
type File struct {
	Config
	// Hash tells which version of the file is in force, see the function Hash.
	Hash string
}

// ReadFile reads, completes and validates the configuration in a file. The error names the file and each field that
// is wrong, one a line.
func ReadFile(path string) (*File, error) {
	data, err := os.ReadFile(path) // #nosec G304 -- the operator of the process names its configuration
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	c, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	return &File{Config: *c, Hash: Hash(data)}, nil
}

// ReadPath reads nothing but intake's path from a file, which may be wrong in any other way. It is empty where the path cannot
// be told.
func ReadPath(path string) string {
	data, err := os.ReadFile(path) // #nosec G304 -- the operator of the process names its configuration
	if err != nil {
		return ""
	}
	var c struct {
		Intake struct {
			Path string `json:"path"`
		} `json:"intake"`
	}
	if err := yaml.Unmarshal(data, &c); err != nil || c.Intake.Path != "" && !cleanPath(c.Intake.Path) {
		return ""
	}
	return cmp.Or(c.Intake.Path, DefaultPath)
}

// Parse reads a configuration from YAML or JSON, fills in defaults and validates it.
func Parse(data []byte) (*Config, error) {
	var c Config
	if err := yaml.UnmarshalStrict(data, &c); err != nil {
		return nil, explain(err)
	}
	c.complete()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &c, nil
}

// explain says in the words of Validate that a value has the wrong type.
func explain(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	field := wrong.Field
	if field == "" {
		field = "the file"
	}
	return fmt.Errorf("%s: must be %s, not %s", field, kind(wrong.Type), wrong.Value)
}

// kind names the values that a field takes.
func kind(t reflect.Type) string {
	if t == reflect.TypeFor[Duration]() {
		return `a duration like "10s" or "1h30m"`
	}
	switch t.Kind() {
	case reflect.Struct:
		return "a mapping"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	default:
		return "a whole number"
	}
}

// Marshal writes a configuration as YAML; equal configurations give equal bytes.
func (c *Config) Marshal() ([]byte, error) { return yaml.Marshal(c) }

// Hash is the fingerprint by which the controller recognises the file that it wrote in what a receiver reports: the SHA-256 of
// its bytes in hex. The generation does not count, where there is one: it grows with each change of a resource, also with one
// that leaves receivers as they are, such as another number of them.
func Hash(data []byte) string {
	sum := sha256.Sum256(withoutGeneration(data))
	return hex.EncodeToString(sum[:])
}

func withoutGeneration(data []byte) []byte {
	var c Config
	if err := yaml.Unmarshal(data, &c); err != nil || c.HandOver.Generation == 0 {
		return data
	}
	c.HandOver.Generation = 0
	if text, err := c.Marshal(); err == nil {
		return text
	}
	return data
}

func (c *Config) complete() {
	set(&c.Intake.Address, DefaultIntakeAddress)
	set(&c.Intake.Path, DefaultPath)
	set(&c.Intake.MaxBodyBytes, DefaultMaxBodyBytes)
	set(&c.Admin.Address, DefaultAdminAddress)
	set(&c.Queue.MaxBytes, DefaultQueueBytes)
	set(&c.Queue.MaxAge, DefaultQueueAge)
	set(&c.Queue.DuplicateWindow, min(DefaultDuplicateWindow, c.Queue.MaxAge))
	if c.Queue.JetStream != nil {
		set(&c.Queue.JetStream.Replicas, DefaultQueueReplicas)
	}
	if c.Tracing != nil {
		set(&c.Tracing.ServiceName, DefaultServiceName)
		if c.Tracing.SamplingRatePerMillion == nil { // 0 is a value
			c.Tracing.SamplingRatePerMillion = new(DefaultSamplingRate)
		}
	}
	for i := range c.Sinks {
		s := &c.Sinks[i]
		set(&s.Format, CloudEventsBinary)
		set(&s.Delivery.Order, None)
		set(&s.Delivery.Concurrency, DefaultConcurrency)
		set(&s.Delivery.MaxBackoff, max(DefaultMaxBackoff, s.Delivery.InitialBackoff))
		set(&s.Delivery.InitialBackoff, min(DefaultInitialBackoff, s.Delivery.MaxBackoff))
		set(&s.Delivery.MaxAge, min(DefaultMaxAge, c.Queue.MaxAge))
		set(&s.Delivery.Circuit.After, DefaultCircuitAfter)
		set(&s.Delivery.Circuit.ProbeInterval, DefaultProbeInterval)
		s.completeKind()
	}
}

func (s *Sink) completeKind() {
	if s.HTTP != nil {
		set(&s.HTTP.Timeout, DefaultTimeout)
	}
	if s.Kafka != nil {
		set(&s.Kafka.Timeout, DefaultTimeout)
	}
	if s.NATS != nil {
		set(&s.NATS.Timeout, DefaultTimeout)
	}
	if s.RabbitMQ != nil {
		set(&s.RabbitMQ.VirtualHost, DefaultVirtualHost)
		set(&s.RabbitMQ.RoutingKey, DefaultRoutingKey)
		set(&s.RabbitMQ.Timeout, DefaultTimeout)
	}
	if s.Redis != nil {
		set(&s.Redis.Timeout, DefaultTimeout)
	}
}

// set gives a field its default where it has no value.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
