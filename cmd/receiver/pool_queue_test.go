// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// TestPoolWithAQueueThatIsAway has a webhook whose queue is in a JetStream cluster that is away, beside one whose queue is here.
func TestPoolWithAQueueThatIsAway(t *testing.T) {
	t.Parallel()
	sink := serve(t, nil)
	away := one("away", raw("sink", sink.URL))
	away.Queue.JetStream = &config.JetStream{URLs: []string{"nats://127.0.0.1:1"}, Prefix: "away"}
	r := startPool(t, mountPool(t, map[string]*config.Config{"here": one("here", raw("sink", sink.URL)), "away": away}), t.TempDir())
	p, event := newPoster(t), fresh(t, superoffice.ActivityCreated)
	r.takes(t, p, "here", event)
	sink.gets(t, event)
	if code, body := r.asks(t, "/readyz"); code != http.StatusOK {
		t.Errorf("readiness: %d %s", code, body)
	}
	if code, answer, err := p.post(t.Context(), r.intake+pathOf("away"), header(secretOf("away"), event), event); err != nil || code != http.StatusServiceUnavailable {
		t.Errorf("the one that cannot store answers %d %q, error %v", code, answer, err)
	}
	m := r.member("away")
	eventually(t, func() string {
		if s := m.status(t); s.Ready || s.Config.Error != "" || !strings.Contains(s.Queue.Error, "not connected to NATS") {
			return fmt.Sprintf("its status: %+v", s)
		}
		return ""
	})
	r.terminate()
	if code := r.exits(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
