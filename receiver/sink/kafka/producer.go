// SPDX-License-Identifier: Apache-2.0

package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/superoffice-webhook/operator/receiver/guard"
)

const (
	// clientID is what the brokers' logs and quotas name.
	clientID = "superoffice-webhook-receiver"
	// retries within one attempt. A leader that has just changed is found by asking again, which is no new attempt.
	retries = 2
	// metadataPause is the time between two questions who leads what.
	metadataPause = 250 * time.Millisecond
	// minPause and maxPause bound the time between two tries to reach a broker. It is short, because the pauses between
	// attempts come on top.
	minPause, maxPause = 100 * time.Millisecond, time.Second
	// renewalPause is the time between two replacements of a client.
	renewalPause = time.Second
	// largestSingle is what one event can have. It is so large that a broker's limit comes first: 1 MiB by default.
	largestSingle = 64 << 20
)

// clientOptions make a client that gives up when an attempt does. Acknowledgements by all replicas in sync and the
// idempotent producer are the library's defaults.
func clientOptions(o Options) []kgo.Opt {
	options := []kgo.Opt{
		kgo.SeedBrokers(o.Brokers...),
		kgo.ClientID(clientID),
		kgo.Dialer(dialer(o)),
		kgo.ProduceRequestTimeout(o.Timeout),  // how long a leader waits for its replicas
		kgo.RequestTimeoutOverhead(o.Timeout), // and how much longer a connection is waited for before it is given up
		kgo.RecordRetries(retries),
		kgo.RequestRetries(retries),
		kgo.MetadataMinAge(metadataPause),
		kgo.RetryBackoffFn(pause),
		// A record ends with the context of its attempt, even one that was sent and not answered. Otherwise a broker that
		// is silent would hold it for ever, and all that follow in its partition. What was sent may have been written
		// nevertheless, and so arrive twice.
		kgo.AllowIdempotentProduceCancellation(),
		kgo.ProducerLinger(0),
		// The default, Snappy, is a library more for many a consumer, and events are small.
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.DisableClientMetrics(), // a broker can ask clients for metrics, and Close would wait for the last ones
	}
	if o.User != "" {
		options = append(options, kgo.SASL(login(o)))
	}
	return options
}

// dialer gives up early enough that a broker that doesn't answer is not all that is tried, and is named.
func dialer(o Options) func(ctx context.Context, network, address string) (net.Conn, error) {
	plain := guard.Dialer(net.Dialer{Timeout: o.Timeout / 2}, o.AllowLinkLocal)
	if o.TLS == nil {
		return plain.DialContext
	}
	return (&tls.Dialer{NetDialer: plain, Config: o.TLS}).DialContext
}

func login(o Options) sasl.Mechanism {
	switch o.Mechanism {
	case Plain:
		return plain.Auth{User: o.User, Pass: o.Password}.AsMechanism()
	case ScramSHA256:
		return scram.Auth{User: o.User, Pass: o.Password}.AsSha256Mechanism()
	default:
		return scram.Auth{User: o.User, Pass: o.Password}.AsSha512Mechanism()
	}
}

// pause doubles with each failure in a row, and is half of that at least.
func pause(failures int) time.Duration {
	longest := min(minPause<<max(0, min(failures, 10)), maxPause)
	return longest/2 + rand.N(longest/2) // #nosec G404 -- it is to differ, not to be secret
}

// oneByOne makes a client wait for each record before it takes the next.
func oneByOne() []kgo.Opt {
	return []kgo.Opt{kgo.MaxBufferedRecords(1), kgo.ProducerBatchMaxBytes(largestSingle)}
}

// producer is a client that is replaced when it is of no more use.
type producer struct {
	options []kgo.Opt
	trouble trouble

	mu     sync.Mutex
	client *kgo.Client // under mu
	since  time.Time   // under mu; when the client was made
	closed bool        // under mu
}

func newProducer(options []kgo.Opt) (*producer, error) {
	p := &producer{options: options, since: time.Now()}
	p.options = append(p.options, kgo.WithHooks(&p.trouble))
	client, err := kgo.NewClient(p.options...)
	if err != nil {
		return nil, fmt.Errorf("make a client of Kafka: %w", err)
	}
	p.client = client
	return p, nil
}

// produce hands a record to the cluster and waits for the acknowledgement.
func (p *producer) produce(ctx context.Context, record *kgo.Record) error {
	for {
		p.mu.Lock()
		client := p.client
		p.mu.Unlock()
		err := attempt(ctx, client, record)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return p.trouble.behind(context.Cause(ctx))
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			continue // the client gives up all that it has for a partition when the first of it is given up
		case spoils(err):
			p.renew(client)
		}
		return err
	}
}

// attempt lasts no longer than ctx. The client looks at contexts, too, but now and then only.
func attempt(ctx context.Context, client *kgo.Client, record *kgo.Record) error {
	done := make(chan error, 1)
	client.Produce(ctx, record, func(_ *kgo.Record, err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done: // at the last moment
		return err
	default:
		return ctx.Err()
	}
}

// spoils tells whether a client may be of no more use after an error. It asks the cluster once for an id as a producer, and
// keeps a refusal for as long as it lives, though the permission be granted. Neither does it let go of a topic that was
// deleted and made anew, which is another one to the brokers.
func spoils(err error) bool {
	var answer *kerr.Error
	if !errors.As(err, &answer) || refused(err) {
		return false
	}
	switch answer {
	case kerr.UnknownTopicID:
		return true
	case kerr.TopicAuthorizationFailed, kerr.SaslAuthenticationFailed: // the client asks again
		return false
	}
	return !answer.Retriable
}

// renew replaces a client, unless it was replaced already or is new.
func (p *producer) renew(old *kgo.Client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.client != old || time.Since(p.since) < renewalPause {
		return
	}
	client, err := kgo.NewClient(p.options...)
	if err != nil {
		return // it was made of the same options before
	}
	p.client, p.since = client, time.Now()
	old.Close()
}

func (p *producer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.client.Close()
}

// trouble remembers why the last connection to a broker was not made. The client goes on trying, and when an attempt's time
// is over it would be silent about it.
type trouble struct{ last atomic.Pointer[error] }

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (t *trouble) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err == nil {
		t.last.Store(nil)
		return
	}
	t.last.Store(&err)
}

// behind adds what may be behind an error.
func (t *trouble) behind(err error) error {
	if last := t.last.Load(); last != nil {
		return fmt.Errorf("%w; the last connection failed: %w", err, *last)
	}
	return err
}
