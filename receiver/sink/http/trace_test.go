// SPDX-License-Identifier: Apache-2.0

package http

import (
	"bytes"
	"io"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// trace is where an attempt stands; the request had one of its own.
var trace = sink.Trace{
	Attempt: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	Receipt: "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
}

func TestTrace(t *testing.T) {
	t.Parallel()
	for _, f := range []config.Format{config.Raw, config.CloudEventsBinary, config.CloudEventsStructured} {
		s := open(t, "http://erp.example.com", func(o *Options) { o.Format, o.SigningKeys = f, []string{"whsec_aGVsbG8="} })
		plain := message(t, sample(t))
		traced := plain
		traced.Trace = trace
		without, err := s.newRequest(t.Context(), plain)
		if err != nil {
			t.Fatal(err)
		}
		with, err := s.newRequest(t.Context(), traced)
		if err != nil {
			t.Fatal(err)
		}
		if got := with.Header.Get("traceparent"); got != trace.Attempt || without.Header.Get("traceparent") != "" {
			t.Errorf("%s: told is %q", f, got)
		}
		if got := with.Header.Get("ce-traceparent"); f == config.CloudEventsBinary && got != trace.Receipt {
			t.Errorf("%s: the CloudEvent began in %q", f, got)
		}
		one, _ := io.ReadAll(without.Body)
		other, _ := io.ReadAll(with.Body)
		if !bytes.Equal(one, other) {
			t.Errorf("%s: the trace is in the body", f)
		}
	}
}
