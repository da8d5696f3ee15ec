// SPDX-License-Identifier: Apache-2.0

package kafka

import (
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	m := message(t, fixtures.SignedBody())
	m.Trace = sinktest.Trace
	record, err := newRecord(Options{Topic: "crm", Format: config.CloudEventsBinary}, m)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, h := range record.Headers {
		got[h.Key] = string(h.Value)
	}
	if got["traceparent"] != sinktest.Trace.Attempt || got["ce_traceparent"] != sinktest.Trace.Receipt {
		t.Errorf("told is %v", got)
	}
}
