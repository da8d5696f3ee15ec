// SPDX-License-Identifier: Apache-2.0

package redis

import (
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
	m := sample(t)
	m.Trace = trace
	entry, err := newEntry(Options{Stream: "crm", Format: config.CloudEventsBinary}, m)
	if err != nil {
		t.Fatal(err)
	}
	got, values := map[any]any{}, entry.Values.([]any)
	for i := 0; i < len(values); i += 2 {
		got[values[i]] = values[i+1]
	}
	if got["traceparent"] != trace.Attempt || got["ce_traceparent"] != trace.Receipt {
		t.Errorf("told is %v", got)
	}
}
