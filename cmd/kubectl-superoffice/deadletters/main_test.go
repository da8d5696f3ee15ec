// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/admin"
	"github.com/superoffice-webhook/operator/receiver/feed"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/queue/queuetest"
	"github.com/superoffice-webhook/operator/receiver/secretcheck"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// nobody listens there.
	nobody = "http://127.0.0.1:1"

	created = superoffice.ActivityCreated
	changed = superoffice.ActivityChanged
)

// station is the admin port of a receiver, before a queue.
type station struct {
	*queuetest.Queue
	url, name string
}

// idle answers for the rest of the receiver.
type idle struct{}

func (idle) Status(context.Context) status.Status { return status.Status{} }
func (idle) Ready(context.Context) error          { return nil }
func (idle) Alive() error                         { return nil }

func (idle) CheckSecret(secretcheck.Question) secretcheck.Answer { return secretcheck.Answer{} }

func open(t *testing.T) *station {
	t.Helper()
	q := queuetest.Open(t)
	server := httptest.NewServer(admin.NewHandler(idle{}, q, &feed.Feed{}, prometheus.NewRegistry()))
	t.Cleanup(server.Close)
	return &station{q, server.URL, strings.TrimPrefix(server.URL, "http://")}
}

func body(event, id string) string {
	return fmt.Sprintf("{\r\n  \"Event\": %q,\r\n  \"EventId\": %q\r\n}\r\n", event, id)
}

// kill puts an event that one sink refuses and the other takes.
func (s *station) kill(t *testing.T, sink, event, id string) {
	t.Helper()
	s.Kill(t, sink, event, queue.Message{
		Body: []byte(body(event, id)), Header: http.Header{"Content-Type": {"application/json"}}, Received: time.Now(),
	}, "no, \x1b[31mthanks")
}

// arrives waits for an event that was replayed.
func (s *station) arrives(t *testing.T, sink, event, id string) {
	t.Helper()
	d := s.Next(t, sink)
	if want := body(event, id); string(d.Body) != want || d.Attempt != 1 {
		t.Errorf("sink %s got %q in attempt %d, want %q in the first", sink, d.Body, d.Attempt, want)
	}
	if err := d.Ack(); err != nil {
		t.Fatal(err)
	}
}

// left are the ids of all dead letters.
func (s *station) left(t *testing.T) []uint64 {
	t.Helper()
	list, err := s.DeadLetters(t.Context(), "", 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	ids := []uint64{}
	for _, l := range list {
		ids = append(ids, l.ID)
	}
	return ids
}

// eventful has dead letters of two sinks and of intake.
func eventful(t *testing.T) *station {
	t.Helper()
	s := open(t)
	s.kill(t, "erp", created, "a-1")
	s.kill(t, "bi", changed, "a-1")
	s.Keep(t, "{\x00\xff")
	s.kill(t, "erp", created, "b-2")
	return s
}

// said is what a run of the command said.
type said struct {
	stdout, stderr string
	err            error
}

func run(t *testing.T, args ...string) said { return runWith(t.Context(), args...) }

func runWith(ctx context.Context, args ...string) said {
	cmd := NewCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var stdout, stderr bytes.Buffer
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	cmd.SetArgs(append([]string{}, args...)) // never nil, which would be those of the test
	err := cmd.ExecuteContext(ctx)
	return said{stdout.String(), stderr.String(), err}
}

// fails checks the error of a run; empty: there is none.
func (s said) fails(t *testing.T, message string) {
	t.Helper()
	got := ""
	if s.err != nil {
		got = s.err.Error()
	}
	if got != message {
		t.Errorf("the error is %q, want %q", got, message)
	}
}

// reads takes a JSON document off standard output.
func reads[T any](t *testing.T, s said) T {
	t.Helper()
	var document T
	if err := json.Unmarshal([]byte(s.stdout), &document); err != nil {
		t.Fatalf("%v in %q (%v)", err, s.stdout, s.err)
	}
	return document
}
