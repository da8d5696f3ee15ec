// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink/format"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	for _, f := range []config.Format{config.Raw, config.CloudEventsBinary, config.CloudEventsStructured} {
		plain := message(t, fixtures.SignedBody())
		plain.Header["Traceparent"], plain.Header["Tracestate"] = []string{"of the request"}, []string{"vendor=1"}
		traced := plain
		traced.Trace = sinktest.Trace
		without, err := format.Encode(f, plain)
		if err != nil {
			t.Fatal(err)
		}
		with, err := format.Encode(f, traced)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(without.Body, with.Body) {
			t.Errorf("%s: the trace is in the body %s", f, with.Body)
		}
		if with.TraceParent != sinktest.Trace.Attempt || without.TraceParent != "" {
			t.Errorf("%s: told is %q, without a trace %q", f, with.TraceParent, without.TraceParent)
		}
		if got := with.Attributes["traceparent"]; f == config.CloudEventsBinary && got != sinktest.Trace.Receipt {
			t.Errorf("%s: the CloudEvent began in %q", f, got)
		}
		if f == config.Raw && (with.Header.Get("Traceparent")+with.Header.Get("Tracestate") != "" || without.Header.Get("Traceparent") != "of the request") {
			t.Errorf("the request's own trace: %v, without one of ours %v", with.Header, without.Header)
		}
	}
}
