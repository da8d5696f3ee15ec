// SPDX-License-Identifier: Apache-2.0

package http

import (
	"bytes"
	"io"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	for _, f := range []config.Format{config.Raw, config.CloudEventsBinary, config.CloudEventsStructured} {
		s := open(t, "http://erp.example.com", func(o *Options) { o.Format, o.SigningKeys = f, []string{"whsec_aGVsbG8="} })
		plain := message(t, sample(t))
		traced := plain
		traced.Trace = sinktest.Trace
		without, err := s.newRequest(t.Context(), plain)
		if err != nil {
			t.Fatal(err)
		}
		with, err := s.newRequest(t.Context(), traced)
		if err != nil {
			t.Fatal(err)
		}
		if got := with.Header.Get("traceparent"); got != sinktest.Trace.Attempt || without.Header.Get("traceparent") != "" {
			t.Errorf("%s: told is %q", f, got)
		}
		if got := with.Header.Get("ce-traceparent"); f == config.CloudEventsBinary && got != sinktest.Trace.Receipt {
			t.Errorf("%s: the CloudEvent began in %q", f, got)
		}
		one, _ := io.ReadAll(without.Body)
		other, _ := io.ReadAll(with.Body)
		if !bytes.Equal(one, other) {
			t.Errorf("%s: the trace is in the body", f)
		}
	}
}
