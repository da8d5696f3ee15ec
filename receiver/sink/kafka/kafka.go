// SPDX-License-Identifier: Apache-2.0

package kafka

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Mechanism is a way to log in (SASL).
type Mechanism string

// The mechanisms. Plain sends the password as it is, so it needs TLS; the others send a proof that one knows it.
const (
	Plain       Mechanism = "PLAIN"
	ScramSHA256 Mechanism = "SCRAM-SHA-256"
	ScramSHA512 Mechanism = "SCRAM-SHA-512"
)

// Options describe a topic of a Kafka cluster.
type Options struct {
	// Brokers to begin with, which tell of all others: "host:port", or "host" for port 9092. At least one, better some, as
	// one may be down. Example: ["kafka-0.kafka.messaging:9092", "kafka-1.kafka.messaging:9092"].
	Brokers []string
	// Topic that gets the events. It has to exist. Example: "superoffice-events".
	Topic string
	// Mechanism to log in with. Default SCRAM-SHA-512 where there is a User.
	Mechanism Mechanism
	// User and Password to log in with. Default none: no login.
	User, Password string
	// TLS holds the authorities to trust and the client's certificate, if any. The name that a broker's certificate has to
	// bear is the host of its address, unless ServerName says otherwise. Default nil: no TLS.
	TLS *tls.Config
	// AllowLinkLocal lets connections go to link-local and metadata addresses.
	AllowLinkLocal bool
	// Format of the records.
	Format config.Format
	// Timeout of one attempt, from connecting to the acknowledgement. 100ms to 15m. Default 10s.
	Timeout time.Duration
}

// Sink is a topic of a Kafka cluster.
type Sink struct {
	options Options
	// together puts events of the same time into one batch where it can.
	together *producer
	// alone sends one event at a time.
	alone *producer
}

// New makes a sink. It does not connect yet. The error says which option is wrong.
func New(o Options) (*Sink, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	o.Timeout = cmp.Or(o.Timeout, time.Duration(config.DefaultTimeout))
	together, err := newProducer(clientOptions(o))
	if err != nil {
		return nil, err
	}
	alone, err := newProducer(append(clientOptions(o), oneByOne()...))
	if err != nil {
		together.close()
		return nil, err
	}
	return &Sink{options: o, together: together, alone: alone}, nil
}

func (o Options) validate() error {
	switch {
	case len(o.Brokers) == 0 || slices.Contains(o.Brokers, ""):
		return errors.New("there is no address of a broker")
	case o.Topic == "":
		return errors.New("there is no topic")
	case (o.User == "") != (o.Password == ""):
		return errors.New("user and password go together")
	case o.User == "" && o.Mechanism != "":
		return errors.New("a mechanism to log in needs a user")
	case !slices.Contains([]Mechanism{"", Plain, ScramSHA256, ScramSHA512}, o.Mechanism):
		return fmt.Errorf("the mechanism %q is unknown, use %s, %s or %s", o.Mechanism, Plain, ScramSHA256, ScramSHA512)
	}
	return nil
}

// Send makes one attempt.
func (s *Sink) Send(ctx context.Context, m sink.Message) sink.Outcome {
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.Timeout, fmt.Errorf("no acknowledgement within %s", s.options.Timeout))
	defer cancel() // which also takes the record back from the client, if it still has it
	record, err := newRecord(s.options, m)
	if err != nil {
		return sink.Dead{Reason: "the event cannot be put into a record: " + err.Error()}
	}
	err = s.together.produce(ctx, record)
	if refused(err) {
		// Brokers take or refuse a batch as a whole, and there may have been other events in it. Only the refusal of a
		// batch of one says something about this event.
		err = s.alone.produce(ctx, record)
	}
	return sink.Redact(classify(err, s.options.Topic), s.options.Password) // brokers explain a refused login in their own words
}

// Close ends the connections, and what is under way on them.
func (s *Sink) Close() error {
	s.together.close()
	s.alone.close()
	return nil
}
