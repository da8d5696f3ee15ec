// SPDX-License-Identifier: Apache-2.0

package kafka

import (
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// trace is where an attempt stands; the request had one of its own.
var trace = sink.Trace{
	Attempt: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	Receipt: "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
}

func TestTrace(t *testing.T) {
	t.Parallel()
	m := message(t, fixtures.SignedBody())
	m.Trace = trace
	record, err := newRecord(Options{Topic: "crm", Format: config.CloudEventsBinary}, m)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, h := range record.Headers {
		got[h.Key] = string(h.Value)
	}
	if got["traceparent"] != trace.Attempt || got["ce_traceparent"] != trace.Receipt {
		t.Errorf("told is %v", got)
	}
}
