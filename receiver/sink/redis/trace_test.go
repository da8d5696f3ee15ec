// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	m := sample(t)
	m.Trace = sinktest.Trace
	entry, err := newEntry(Options{Stream: "crm", Format: config.CloudEventsBinary}, m)
	if err != nil {
		t.Fatal(err)
	}
	got, values := map[any]any{}, entry.Values.([]any)
	for i := 0; i < len(values); i += 2 {
		got[values[i]] = values[i+1]
	}
	if got["traceparent"] != sinktest.Trace.Attempt || got["ce_traceparent"] != sinktest.Trace.Receipt {
		t.Errorf("told is %v", got)
	}
}
