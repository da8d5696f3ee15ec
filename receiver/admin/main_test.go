// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/admin"
	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/feed"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/queue/queuetest"
	"github.com/superoffice-webhook/operator/receiver/secretcheck"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
const patience = 30 * time.Second

// fake is a receiver that tells what it is told to.
type fake struct {
	status  status.Status
	ready   error
	alive   error
	secrets map[string]superoffice.Secret
}

func (f *fake) Status(context.Context) status.Status { return f.status }
func (f *fake) Ready(context.Context) error          { return f.ready }
func (f *fake) Alive() error                         { return f.alive }

func (f *fake) CheckSecret(q secretcheck.Question) secretcheck.Answer {
	return secretcheck.AnswerTo(q, f.secrets)
}

// serve starts the admin port and returns its URL.
func serve(t *testing.T, r admin.Receiver, letters admin.DeadLetters, metrics prometheus.Gatherer) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := admin.NewServer(admin.NewHandler(r, letters, &feed.Feed{}, metrics))
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	return "http://" + l.Addr().String()
}

// answer is what came back.
type answer struct {
	status      int
	contentType string
	text        string
}

func ask(t *testing.T, method, url string) answer {
	t.Helper()
	return send(t, method, url, "")
}

func send(t *testing.T, method, url, body string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header.Get("Content-Type"), string(text)}
}

// read takes a JSON document out of an answer.
func read[T any](t *testing.T, a answer, want int) T {
	t.Helper()
	if a.status != want || a.contentType != "application/json" {
		t.Fatalf("got %d as %s, want %d as application/json: %s", a.status, a.contentType, want, a.text)
	}
	var document T
	if err := json.Unmarshal([]byte(a.text), &document); err != nil {
		t.Fatalf("%v: %s", err, a.text)
	}
	return document
}

// refused checks an error document.
func refused(t *testing.T, a answer, code int, text string) {
	t.Helper()
	if diff := cmp.Diff(map[string]string{"error": text}, read[map[string]string](t, a, code)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// box is an admin port before a queue.
type box struct {
	*queuetest.Queue
	url string
}

func open(t *testing.T) *box {
	t.Helper()
	q := queuetest.Open(t)
	return &box{q, serve(t, &fake{}, q, prometheus.NewRegistry())}
}

// kill puts an event that one sink refuses and the other takes.
func (b *box) kill(t *testing.T, sink, body string) {
	t.Helper()
	b.Kill(t, sink, superoffice.ActivityCreated, queue.Message{
		Body: []byte(body), Header: http.Header{"X-Test": {body}, "Content-Type": {"application/json"}}, Received: time.Now(),
	}, "no, thanks")
}

func (b *box) list(t *testing.T, query string) []deadletter.Letter {
	t.Helper()
	return read[[]deadletter.Letter](t, ask(t, http.MethodGet, b.url+"/dead-letters"+query), http.StatusOK)
}

func ids(letters []deadletter.Letter) []uint64 {
	list := []uint64{}
	for _, l := range letters {
		list = append(list, l.ID)
	}
	return list
}
