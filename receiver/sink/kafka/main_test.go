// SPDX-License-Identifier: Apache-2.0

package kafka

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// topic is what the tests write to.
const topic = "superoffice-events"

// patience is for what happens at once on a machine that has nothing else to do.
const patience = 30 * time.Second

// start starts a cluster of one broker that has the topic with one partition.
func start(t *testing.T, options ...kfake.Opt) (*kfake.Cluster, string) {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(1, topic)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, c.ListenAddrs()[0]
}

// freePort finds a port on which nobody listens.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// open makes a sink with what most tests need, changed.
func open(t *testing.T, broker string, change ...func(*Options)) *Sink {
	t.Helper()
	o := Options{Brokers: []string{broker}, Topic: topic, Format: config.CloudEventsBinary, Timeout: patience}
	for _, f := range change {
		f(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	sinktest.CloseAfter(t, s)
	return s
}

func within(timeout time.Duration) func(*Options) {
	return func(o *Options) { o.Timeout = timeout }
}

func message(t *testing.T, body []byte) sink.Message {
	t.Helper()
	return sinktest.Message(t, body, http.Header{
		"Idempotency-Key": {"somebody else's"},
		"X-Forwarded-For": {"192.0.2.1"},
	})
}

func numbered(t *testing.T, n int) sink.Message { return message(t, sinktest.Numbered(n)) }

func large(t *testing.T, size int) sink.Message { return message(t, sinktest.Large(size)) }

func wantDelivered(t *testing.T, o sink.Outcome) {
	t.Helper()
	if o != (sink.Delivered{}) {
		t.Fatalf("%T %+v", o, o)
	}
}

func wantRetry(t *testing.T, o sink.Outcome) string {
	t.Helper()
	r, ok := o.(sink.Retry)
	if !ok || r.After != 0 {
		t.Fatalf("%T %+v", o, o)
	}
	return r.Cause.Error()
}

// eventuallyDelivered sends until it was delivered, as a dispatcher does.
func eventuallyDelivered(t *testing.T, s *Sink, m sink.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		o := s.Send(ctx, m)
		if o == (sink.Delivered{}) {
			return
		}
		cause := wantRetry(t, o)
		select {
		case <-ctx.Done():
			t.Fatalf("not delivered: %s", cause)
		case <-time.After(50 * time.Millisecond): // some of these answers come at once
		}
	}
}

// stored reads the first n records of the topic.
func stored(t *testing.T, broker string, n int) []*kgo.Record {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumeTopics(topic), kgo.FetchMaxWait(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var records []*kgo.Record
	for len(records) < n {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatalf("%d records, want %d: %v", len(records), n, err)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

func addressOf(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
