// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// Whoever may declare a sink does not get at the credentials of the machine, by whatever protocol.
func TestNoSinkReachesTheMachinesOwnServices(t *testing.T) {
	t.Parallel()
	event, err := superoffice.Parse(fixtures.SignedBody())
	if err != nil {
		t.Fatal(err)
	}
	for name, declared := range map[string]string{
		"http":     `http: {url: "http://169.254.169.254:1"`,
		"kafka":    `kafka: {brokers: ["169.254.169.254:1"], topic: crm`,
		"nats":     `nats: {urls: ["nats://169.254.169.254:1"], subject: crm`,
		"rabbitMQ": `rabbitMQ: {address: "169.254.169.254:1", auth: {username: me, passwordFile: password}`,
		"redis":    `redis: {address: "169.254.169.254:1", stream: crm`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct {
				more    string
				refused bool
			}{
				{", timeout: 2s}", true},
				{", timeout: 2s, tls: {}}", true},
				{", timeout: 100ms, allowLinkLocal: true}", false},
			} {
				s, err := snapshotOf(t, declared+c.more, map[string]string{"password": hunter})
				if err != nil {
					t.Fatal(err)
				}
				made, err := s.targets()[0].Open()
				if err != nil {
					t.Fatal(err)
				}
				outcome := made.Send(t.Context(), sink.Message{Event: event})
				retry, is := outcome.(sink.Retry)
				if refused := is && strings.Contains(retry.Cause.Error(), "refused to connect to a link-local"); refused != c.refused {
					t.Errorf("with %s: %#v", c.more, outcome)
				}
				if err := made.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
