// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ sink.Sink = (*Sink)(nil)

const key = "superoffice"

// open makes a sink of a server, changed.
func open(t *testing.T, address string, change ...func(*Options)) *Sink {
	t.Helper()
	o := Options{Address: address, Stream: key, Format: config.CloudEventsBinary, Timeout: patience, Concurrency: 4}
	for _, f := range change {
		f(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func as(f config.Format) func(*Options) { return func(o *Options) { o.Format = f } }

func message(t *testing.T, body string) sink.Message {
	t.Helper()
	event, err := superoffice.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return sink.Message{Event: event, Header: http.Header{
		"Content-Type":            {"application/json; charset=utf-8"},
		"X-Superoffice-Signature": {fixtures.SignedSignature},
		"X-Custom":                {"a", "b"},
		"Authorization":           {"Bearer secret"},
	}}
}

func sample(t *testing.T) sink.Message {
	t.Helper()
	body, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil {
		t.Fatal(err)
	}
	return message(t, string(body))
}

func numbered(t *testing.T, n int) sink.Message {
	t.Helper()
	return message(t, fmt.Sprintf(`{"Event":"a.b","EventId":"%d"}`, n))
}

func delivered(t *testing.T, s *Sink, m sink.Message) {
	t.Helper()
	if got := s.Send(t.Context(), m); got != (sink.Delivered{}) {
		t.Fatalf("%#v", got)
	}
}

// cause is why a message is to be sent again.
func cause(t *testing.T, s *Sink, m sink.Message) error {
	t.Helper()
	got := s.Send(t.Context(), m)
	r, ok := got.(sink.Retry)
	if !ok || r.Cause == nil {
		t.Fatalf("want it to be tried again, got %#v", got)
	}
	return r.Cause
}

// eventuallyDelivered sends until it works.
func eventuallyDelivered(t *testing.T, s *Sink, m sink.Message) {
	t.Helper()
	await(t, func() string {
		if got := s.Send(t.Context(), m); got != (sink.Delivered{}) {
			return fmt.Sprintf("never delivered, at last %#v", got)
		}
		return ""
	})
}

// await waits until a condition holds; it says why it does not.
func await(t *testing.T, why func() string) {
	t.Helper()
	end := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for problem := why(); problem != ""; problem = why() {
		select {
		case <-end:
			t.Fatal(problem)
		case <-tick.C:
		}
	}
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		t.Fatal("nothing happened")
		panic("unreachable")
	}
}
