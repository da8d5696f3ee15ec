// SPDX-License-Identifier: Apache-2.0

package observe_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/receiver/status"
)

// patience is far more than the time that a receiver is given.
const patience = 30 * time.Second

var fine = status.Status{
	Version: "v1", Started: at("09:00:00").Time, Ready: true, Config: status.Config{Hash: "new", Loaded: at("09:00:01").Time},
	Sinks: []status.Sink{{Name: "erp", State: status.Delivering}},
}

func TestAsk(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		want    *status.Status
		err     string
	}{
		{name: "gets a status", handler: tell(fine), want: &fine},
		{
			name: "does not mind what a newer receiver tells beside it",
			handler: func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, `{"version":"v9","novelty":{"a":1},"queue":{"deadLettered":2,"shards":3}}`)
			},
			want: &status.Status{Version: "v9", Queue: status.Queue{DeadLettered: 2}},
		},
		{name: "says that there is no status", handler: http.NotFound, err: "answered 404 Not Found"},
		{
			name: "does not follow a redirect",
			handler: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/status" {
					http.Redirect(w, r, "/elsewhere", http.StatusFound)
					return
				}
				tell(fine)(w, r)
			},
			err: "answered 302 Found",
		},
		{
			name:    "does not believe what is not JSON",
			handler: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
			err:     "read answer: invalid character '<'",
		},
		{
			name:    "does not believe what is cut off",
			handler: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version":"v1"`) },
			err:     "read answer: unexpected EOF",
		},
		{
			name: "does not read without end",
			handler: func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `{"version":%q}`, strings.Repeat("x", 2<<20))
			},
			err: "read answer: unexpected EOF",
		},
		{
			name:    "minds a connection that breaks",
			handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			err:     "EOF",
		},
		{
			name: "does not wait for a receiver that hangs",
			handler: func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-time.After(patience):
					tell(fine)(w, r)
				}
			},
			err: "context deadline exceeded",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := receiver(t, "a", c.handler)
			got := observe.Ask(t.Context(), []observe.Receiver{r})[0]
			if got.Receiver != r {
				t.Errorf("got the answer of %+v", got.Receiver)
			}
			if diff := cmp.Diff(c.want, got.Status); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if (got.Err == nil) != (c.err == "") || got.Err != nil && !strings.Contains(got.Err.Error(), c.err) {
				t.Errorf("got error %v, want %q", got.Err, c.err)
			}
			if got.Err != nil && strings.Contains(got.Err.Error(), "/status") {
				t.Errorf("the error holds the address: %v", got.Err)
			}
		})
	}
}

func TestAskAsksAllAtTheSameTime(t *testing.T) {
	t.Parallel()
	const receivers = 3
	arrived, all := make(chan struct{}, receivers), make(chan struct{})
	go func() {
		defer close(all)
		for range receivers {
			<-arrived
		}
	}()
	var asked []observe.Receiver
	for i := range receivers {
		asked = append(asked, receiver(t, fmt.Sprint(i), func(w http.ResponseWriter, _ *http.Request) {
			arrived <- struct{}{}
			<-all // nobody is answered before everybody was asked
			tell(status.Status{Version: fmt.Sprint(i)})(w, nil)
		}))
	}
	for i, a := range observe.Ask(t.Context(), asked) {
		if a.Err != nil || a.Pod != fmt.Sprint(i) || a.Status.Version != a.Pod {
			t.Errorf("answer %d is %+v", i, a)
		}
	}
}

func TestAskEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	hangs := receiver(t, "hangs", func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if a := observe.Ask(ctx, []observe.Receiver{hangs})[0]; a.Err == nil || !strings.Contains(a.Err.Error(), "context canceled") {
		t.Errorf("got %+v", a)
	}
}

func TestAskNobody(t *testing.T) {
	t.Parallel()
	if got := observe.Ask(t.Context(), nil); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

// receiver is one that answers by a handler, until the test ends.
func receiver(t *testing.T, pod string, handler http.HandlerFunc) observe.Receiver {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	ip, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return observe.Receiver{Pod: pod, IP: ip, Port: number, Ready: true}
}

func tell(s status.Status) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(s) }
}
