// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	m := sample(t)
	m.Trace = sinktest.Trace
	got, err := newMessage(Options{Subject: "crm", Format: config.CloudEventsBinary}, m)
	if err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("traceparent") != sinktest.Trace.Attempt || got.Header.Get("ce-traceparent") != sinktest.Trace.Receipt {
		t.Errorf("told is %v", got.Header)
	}
}
