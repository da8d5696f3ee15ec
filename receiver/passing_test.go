// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/feed"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/metrics"
)

// TestEventsPass listens at the admin port while a request is refused and an event goes all its way.
func TestEventsPass(t *testing.T) {
	t.Parallel()
	end := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(end.Close)
	r := run(t, Options{ConfigFile: settings(t, func(c *config.Config) { c.Sinks = []config.Sink{to("erp", end.URL)} }), DataDir: t.TempDir()})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.AdminAddress()+"/events?bodies=true", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	next := func() (e feed.Event) {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("the stream has ended: %v", lines.Err())
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		return e
	}

	body := event("a-1", 100)
	r.post(t, posted{secret: "another", body: body})
	if e := next(); e.Result != "SignatureMismatch" || e.Status != 401 || e.Event != "" || len(e.Body()) > 0 {
		t.Errorf("of a forged event is told %+v", e)
	}
	r.post(t, posted{secret: secret, body: body})
	stages := map[string]feed.Event{}
	for range 2 {
		e := next()
		stages[e.Stage] = e
	}
	for stage, result := range map[string]string{feed.Intake: "Stored", feed.Delivery: feed.Delivered} {
		e := stages[stage]
		if e.Result != result || e.Event != "activity.created" || e.EventID != "a-1" || e.Bytes != 100 || string(e.Body()) != body {
			t.Errorf("of %s is told %+v", stage, e)
		}
	}
	if e := stages[feed.Delivery]; e.Sink != "erp" || e.Attempt != 1 {
		t.Errorf("of delivery is told %+v", e)
	}
}

// TestNobodyListens shows that the feed costs intake no memory then.
func TestNobodyListens(t *testing.T) {
	o := &observations{Metrics: metrics.New()}
	a := intake.Answer{Reason: intake.Stored, BodyBytes: 812, Body: make([]byte, 812)}
	if n := testing.AllocsPerRun(100, func() { o.Answered(a) }); n > 0 {
		t.Errorf("it takes memory %v times", n)
	}
}
