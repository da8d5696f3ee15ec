// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	m := event(t, fixtures.SignedBody())
	m.Trace = sinktest.Trace
	got, err := newMessage(Options{RoutingKey: "{event}", Format: config.CloudEventsBinary}, m)
	if err != nil {
		t.Fatal(err)
	}
	if got.Headers["traceparent"] != sinktest.Trace.Attempt || got.Headers["cloudEvents_traceparent"] != sinktest.Trace.Receipt {
		t.Errorf("told is %v", got.Headers)
	}
}
