// SPDX-License-Identifier: Apache-2.0

package handover_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/handover"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/queue"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
const patience = 30 * time.Second

var (
	secret  = superoffice.NewSecret([]byte("the current secret"))
	retired = superoffice.NewSecret([]byte("a secret that was replaced"))
)

func openQueue(t *testing.T, sinks ...string) *queue.Queue {
	t.Helper()
	q, err := queue.Open(t.Context(), t.TempDir(), config.Queue{
		MaxBytes:        64 << 20,
		MaxAge:          config.Duration(time.Hour),
		DuplicateWindow: config.Duration(time.Hour),
	}, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	for _, name := range sinks {
		cursor(t, q, name)
	}
	return q
}

func cursor(t *testing.T, q *queue.Queue, sink string) *queue.Cursor {
	t.Helper()
	c, err := q.Cursor(t.Context(), config.Sink{Name: sink}, superoffice.ActivityEvents())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func next(t *testing.T, c *queue.Cursor) *queue.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d, err := c.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func body(n int) []byte {
	return fmt.Appendf(nil, "{\"Event\":\"activity.created\",\r\n\"EventId\":\"%d\"}", n)
}

// put stores an event whose signature verifies no more.
func put(t *testing.T, q *queue.Queue, n int) queue.Message {
	t.Helper()
	m := queue.Message{Body: body(n), Received: time.Now().Add(-time.Minute).UTC().Round(0), Header: http.Header{
		"User-Agent":                {"SuperOffice Webhooks"},
		"Content-Type":              {"application/json; charset=utf-8"},
		"Connection":                {"keep-alive"},
		superoffice.HeaderSignature: {superoffice.Sign(retired, body(n))},
	}}
	m.Header = canonical(m.Header)
	if _, err := q.Put(t.Context(), superoffice.ActivityCreated, superoffice.DedupKey(fmt.Sprint(n)), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func canonical(h http.Header) http.Header {
	made := http.Header{}
	for name, values := range h {
		made[http.CanonicalHeaderKey(name)] = values
	}
	return made
}

type observer struct{}

func (observer) Answered(intake.Answer) {}

// receives is the intake of another receiver, behind something that may answer first.
func receives(t *testing.T, q *queue.Queue, before func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	h := intake.New(q, intake.Rules{
		Path: "/webhook", MaxBodyBytes: 1 << 20, Events: superoffice.ActivityEvents(),
		Secrets: []config.Slot{{Name: "current", Secret: secret}},
	}, observer{}, logr.Discard())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before == nil || !before(w, r) {
			h.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/webhook"
}

func remaining(t *testing.T, q *queue.Queue) (bodies []string) {
	t.Helper()
	for l, err := range q.Left(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(l.Body))
	}
	return bodies
}

func to(url string) handover.Receivers {
	return handover.Receivers{URL: url, Secret: secret, Patience: patience}
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	from, other := openQueue(t, "erp", "bi"), openQueue(t, "erp", "bi")
	erp, bi := cursor(t, from, "erp"), cursor(t, from, "bi")
	first, second := put(t, from, 1), put(t, from, 2)
	for _, c := range []*queue.Cursor{erp, bi} {
		if err := next(t, c).Retry(time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if err := next(t, bi).Ack(); err != nil {
		t.Fatal(err)
	}
	if err := next(t, erp).Bury(t.Context(), "the sink answered 400", "no"); err != nil {
		t.Fatal(err)
	}
	third := put(t, from, 3)
	if err := next(t, bi).Ack(); err != nil {
		t.Fatal(err)
	}
	if err := from.Bury(t.Context(), "not JSON", "key", queue.Message{Body: []byte("\xff"), Header: http.Header{}}); err != nil {
		t.Fatal(err)
	}

	moved, err := handover.HandOver(t.Context(), from, to(receives(t, other, nil)))
	if err != nil || moved != 4 {
		t.Fatalf("%d moved, %v", moved, err)
	}
	if got := remaining(t, from); len(got) > 0 {
		t.Errorf("still there: %q", got)
	}
	delete(first.Header, "Connection")
	delete(third.Header, "Connection")
	got := map[string]queue.Message{}
	for range 2 {
		d := next(t, cursor(t, other, "erp"))
		got[string(d.Body)] = d.Message
		if err := d.Ack(); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]queue.Message{string(first.Body): first, string(third.Body): third}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("for erp (-want +got)\n%s", diff)
	}
	if d := next(t, cursor(t, other, "bi")); !bytes.Equal(d.Body, first.Body) {
		t.Errorf("for bi came %s", d.Body)
	} else if err := d.Ack(); err != nil {
		t.Fatal(err)
	}
	letters, err := other.DeadLetters(t.Context(), "", 0, 10)
	if err != nil || len(letters) != 2 {
		t.Fatalf("%d dead letters, %v", len(letters), err)
	}
	var told []string
	for _, l := range letters {
		told = append(told, fmt.Sprintf("%s %s %s %q %d", l.Body, l.Sink, l.Reason, l.Answer, l.Attempts))
	}
	slices.Sort(told)
	wantDead := []string{string(second.Body) + ` erp the sink answered 400 "no" 1`, "\xff  not JSON \"\" 0"}
	if diff := cmp.Diff(wantDead, told); diff != "" {
		t.Errorf("dead letters (-want +got)\n%s", diff)
	}
	if got := len(remaining(t, other)); got != 2 {
		t.Errorf("%d are left there, want the two dead letters", got)
	}
}

func TestHandOverGoesOnUntilSomebodyTakesIt(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"full": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"a stranger": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"gone":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no webhook": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"the answer is lost": func(http.ResponseWriter, *http.Request) { // see below
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, other := openQueue(t, "erp"), openQueue(t, "erp")
			m := put(t, from, 1)
			var first atomic.Bool
			var url string
			url = receives(t, other, func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "/elsewhere") {
					t.Error("the redirect was followed")
				}
				if !first.CompareAndSwap(false, true) {
					return false
				}
				if name == "the answer is lost" {
					stores(t, url, r)
					panic(http.ErrAbortHandler)
				}
				answer(w, r)
				return true
			})
			if moved, err := handover.HandOver(t.Context(), from, to(url)); err != nil || moved != 1 {
				t.Fatalf("%d moved, %v", moved, err)
			}
			if got := remaining(t, other); len(got) != 1 || got[0] != string(m.Body) {
				t.Errorf("stored %q", got)
			}
		})
	}
}

// stores passes a request on, and throws the answer away.
func stores(t *testing.T, url string, r *http.Request) {
	t.Helper()
	again, err := http.NewRequestWithContext(r.Context(), r.Method, url, r.Body)
	if err != nil {
		t.Error(err)
		return
	}
	again.Header = r.Header.Clone()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(again)
	if err != nil {
		t.Error(err)
		return
	}
	answer.Body.Close()
}

func TestWhatNobodyTakesStays(t *testing.T) {
	t.Parallel()
	t.Run("when there is nobody", func(t *testing.T) {
		t.Parallel()
		from := openQueue(t, "erp")
		for n := range 20 {
			put(t, from, n)
		}
		moved, err := handover.HandOver(t.Context(), from, handover.Receivers{URL: "http://127.0.0.1:1/", Secret: secret})
		if err == nil || !strings.Contains(err.Error(), "no other receiver has taken anything for 0s: ") || moved != 0 {
			t.Errorf("%d moved, %v", moved, err)
		}
		if got := len(remaining(t, from)); got != 20 {
			t.Errorf("%d of 20 are left", got)
		}
	})
	t.Run("when the answer's header has no end", func(t *testing.T) {
		t.Parallel()
		from := openQueue(t, "erp")
		put(t, from, 1)
		url := receives(t, openQueue(t, "erp"), func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("X-Large", strings.Repeat("x", 1<<20))
			return true
		})
		moved, err := handover.HandOver(t.Context(), from, handover.Receivers{URL: url, Secret: secret})
		if err == nil || !strings.Contains(err.Error(), "response headers exceeded 65536 bytes") || moved != 0 {
			t.Errorf("%d moved, %v", moved, err)
		}
	})
	t.Run("when the time is over", func(t *testing.T) {
		t.Parallel()
		from := openQueue(t, "erp")
		put(t, from, 1)
		ctx, cancel := context.WithCancel(t.Context())
		url := receives(t, openQueue(t, "erp"), func(w http.ResponseWriter, _ *http.Request) bool {
			cancel()
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		})
		if moved, err := handover.HandOver(ctx, from, to(url)); err == nil || moved != 0 {
			t.Errorf("%d moved, %v", moved, err)
		}
		if got := len(remaining(t, from)); got != 1 {
			t.Errorf("%d are left", got)
		}
	})
	t.Run("and holds up no other, when it is too large elsewhere", func(t *testing.T) {
		t.Parallel()
		from, other := openQueue(t, "erp"), openQueue(t, "erp")
		for n := range 20 {
			put(t, from, n)
		}
		url := receives(t, other, func(w http.ResponseWriter, r *http.Request) bool {
			if r.ContentLength > int64(len(body(1))) { // 10 to 19
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return true
			}
			return false
		})
		moved, err := handover.HandOver(t.Context(), from, to(url))
		if err == nil || !strings.Contains(err.Error(), "413") || moved != 10 {
			t.Errorf("%d moved, %v", moved, err)
		}
		if here, there := len(remaining(t, from)), len(remaining(t, other)); here != 10 || there != 10 {
			t.Errorf("%d are left and %d were taken, want 10 and 10", here, there)
		}
	})
}
