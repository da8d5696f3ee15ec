// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/superoffice-webhook/operator/receiver/admin"
	"github.com/superoffice-webhook/operator/receiver/feed"
)

// listening is somebody who listens at the admin port.
type listening struct {
	lines  *bufio.Scanner
	hangUp context.CancelFunc
}

func listen(t *testing.T, f *feed.Feed, query string) *listening {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Config = admin.NewServer(admin.NewHandler(&fake{}, nil, f, prometheus.NewRegistry()))
	server.Start()
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel) // before the server waits for its handlers
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/events"+query, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request) // returns with the header: who has that listens
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Fatalf("it answers %s, %v", response.Status, response.Header)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &listening{lines, cancel}
}

func (l *listening) next(t *testing.T) (e feed.Event) {
	t.Helper()
	for l.lines.Scan() {
		if text := strings.TrimSpace(l.lines.Text()); text != "" {
			if err := json.Unmarshal([]byte(text), &e); err != nil {
				t.Fatal(err)
			}
			return e
		}
	}
	t.Fatalf("the stream has ended: %v", l.lines.Err())
	return e
}

func TestEvents(t *testing.T) {
	var f feed.Feed
	for query, body := range map[string]string{"": "", "?bodies=false": "", "?bodies=true": "{}"} {
		l := listen(t, &f, query)
		f.Publish(feed.Event{Stage: feed.Intake, Result: "Stored", EventID: "a", BodyText: "{}"})
		if got := l.next(t); got.EventID != "a" || got.BodyText != body {
			t.Errorf("%s: it got %+v", query, got)
		}
		l.hangUp()
		for deadline := time.Now().Add(time.Minute); f.Listening() && time.Now().Before(deadline); {
			f.Publish(feed.Event{}) // whose line finds that nobody is there
		}
		if f.Listening() {
			t.Fatal("who hung up still listens")
		}
	}
}

// TestSlowListener does not read: what was published goes into the sockets' buffers, then into the room of the listener, and
// then it is dropped, while whoever publishes never waits.
func TestSlowListener(t *testing.T) {
	var f feed.Feed
	l := listen(t, &f, "?bodies=true")
	large := feed.Event{Stage: feed.Intake, BodyText: strings.Repeat("x", 64<<10)}
	for n := 0; f.Listening(); n++ {
		if n > 100_000 {
			t.Fatal("it is not dropped")
		}
		f.Publish(large)
	}
	for { // all that was written before, and then that it is over
		if e := l.next(t); e.Stage == feed.Dropped {
			break
		}
	}
	if l.lines.Scan() {
		t.Errorf("it goes on: %s", l.lines.Text())
	}
}

func TestRefusedListeners(t *testing.T) {
	var f feed.Feed
	for range feed.MaxListeners {
		l, err := f.Listen(false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
	}
	handler := admin.NewHandler(&fake{}, nil, &f, prometheus.NewRegistry())
	for query, want := range map[string]int{"": http.StatusServiceUnavailable, "?bodies=yes": http.StatusBadRequest, "?body=true": http.StatusBadRequest} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/events"+query, nil))
		answer, _ := io.ReadAll(w.Body)
		if w.Code != want || !strings.Contains(string(answer), `"error"`) {
			t.Errorf("%s: %d %s, want %d", query, w.Code, answer, want)
		}
	}
}
