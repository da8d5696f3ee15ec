// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
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
	t.Cleanup(func() { s.Close() }) // which some tests have done
	return s
}

func as(f config.Format) func(*Options) { return func(o *Options) { o.Format = f } }

func message(t *testing.T, body string) sink.Message { return sinktest.Message(t, []byte(body), nil) }

func sample(t *testing.T) sink.Message {
	t.Helper()
	body, err := fixtures.Body(superoffice.ActivityCreated)
	if err != nil {
		t.Fatal(err)
	}
	return message(t, string(body))
}

func numbered(t *testing.T, n int) sink.Message {
	return message(t, fmt.Sprintf(`{"Event":"a.b","EventId":"%d"}`, n))
}
