// SPDX-License-Identifier: Apache-2.0

package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	wish := http.Header{"Retry-After": {"7"}}
	for status := 200; status <= 599; status++ {
		got := classify(status, wish, "so it is", now)
		switch {
		case status < 300:
			if got != (sink.Delivered{}) {
				t.Errorf("%d: %#v", status, got)
			}
		case status == 408 || status == 425 || status == 429 || status >= 500:
			r, ok := got.(sink.Retry)
			if !ok || r.After != 7*time.Second || !strings.Contains(r.Cause.Error(), fmt.Sprint(status)) {
				t.Errorf("%d: %#v", status, got)
			}
		default:
			d, ok := got.(sink.Dead)
			if !ok || d.Answer != "so it is" || !strings.Contains(d.Reason, fmt.Sprint(status)) {
				t.Errorf("%d: %#v", status, got)
			}
		}
	}
	if got := classify(400, nil, "caf\xc3", now).(sink.Dead); got.Answer != "caf\uFFFD" || got.Reason != "the sink answered 400 Bad Request" {
		t.Errorf("%#v", got)
	}
	if got := classify(499, nil, "", now).(sink.Dead); got.Reason != "the sink answered 499" {
		t.Errorf("%#v", got)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"120":                            2 * time.Minute,
		"3600":                           time.Hour,
		"3601":                           time.Hour,
		"99999999999999999999":           0,
		"-5":                             0,
		"1.5":                            0,
		"soon":                           0,
		"Fri, 02 Jan 2026 03:05:05 GMT":  time.Minute,
		"Friday, 02-Jan-26 03:05:05 GMT": time.Minute, // obsolete, and to be understood
		"Fri Jan  2 03:05:05 2026":       time.Minute, // likewise
		"Fri, 02 Jan 2026 03:04:04 GMT":  0,
		"Sat, 02 Jan 2027 03:04:05 GMT":  time.Hour,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("retryAfter(%q) = %s, want %s", value, got, want)
		}
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	t.Run("keeps how a refusal began", func(t *testing.T) {
		t.Parallel()
		e := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, strings.Repeat("no ", 1<<20))
		})
		got := open(t, e.URL).Send(t.Context(), message(t, sample(t)))
		want := sink.Dead{Reason: "the sink answered 422 Unprocessable Entity", Answer: strings.Repeat("no ", 171)[:512]}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("passes a wish for a pause on", func(t *testing.T) {
		t.Parallel()
		e := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		got := open(t, e.URL).Send(t.Context(), message(t, sample(t)))
		if r, ok := got.(sink.Retry); !ok || r.After != 30*time.Second || r.Cause.Error() != "the sink answered 503 Service Unavailable" {
			t.Errorf("%#v", got)
		}
	})
	for _, location := range []string{"/elsewhere", "http://elsewhere.example.com/", "http://%zz/", ""} {
		t.Run(fmt.Sprintf("follows no redirect to %q", location), func(t *testing.T) {
			t.Parallel()
			e := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if location != "" {
					w.Header().Set("Location", location)
				}
				w.WriteHeader(http.StatusTemporaryRedirect)
			})
			got := open(t, e.URL).Send(t.Context(), message(t, sample(t)))
			want := sink.Dead{Reason: "the sink answered 307 Temporary Redirect, and redirects are not followed"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			e.only(t)
		})
	}
	t.Run("waits no longer than its timeout, for the answer or for its body", func(t *testing.T) {
		t.Parallel()
		for name, status := range map[string]int{"answer": 0, "body of a refusal": 400, "body of a success": 200} {
			release := make(chan struct{})
			e := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if status != 0 {
					w.WriteHeader(status)
					w.(http.Flusher).Flush()
				}
				<-release
			})
			began := time.Now()
			got := open(t, e.URL, func(o *Options) { o.Timeout = 200 * time.Millisecond }).
				Send(t.Context(), message(t, sample(t)))
			close(release)
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("%s: it waited for %s", name, took)
			}
			var want sink.Outcome = sink.Delivered{}
			switch status {
			case 0:
				want = sink.Retry{Cause: errors.New("no answer within 200ms")}
			case 400:
				want = sink.Dead{Reason: "the sink answered 400 Bad Request"}
			}
			if diff := cmp.Diff(want, got, byText); diff != "" {
				t.Errorf("%s (-want +got)\n%s", name, diff)
			}
		}
	})
	t.Run("reads no header without end", func(t *testing.T) {
		t.Parallel()
		var lines strings.Builder
		for i := 0; lines.Len() < 10<<20; i++ {
			fmt.Fprintf(&lines, "%x:\r\n", i)
		}
		for name, c := range map[string]struct{ answer, want string }{
			"of short lines": {
				"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines.String() + "\r\n",
				"net/http: HTTP/1.x transport connection broken: net/http: server response headers exceeded 65536 bytes; aborted",
			},
			"of one line": {
				"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 10<<20) + "\r\n\r\n",
				"net/http: HTTP/1.x transport connection broken: net/http: server response headers exceeded 65536 bytes; aborted",
			},
			"that is none": {
				"HTTP/1.1 " + strings.Repeat("x", 32<<10) + "\r\n\r\n",
				`net/http: HTTP/1.x transport connection broken: malformed HTTP status code "xxxxxxx`,
			},
		} {
			e := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				defer conn.Close()
				fmt.Fprint(conn, c.answer) // fails when the sink hangs up
			})
			got, ok := open(t, e.URL).Send(t.Context(), message(t, sample(t))).(sink.Retry)
			if !ok || !strings.HasPrefix(got.Cause.Error(), c.want) || len(got.Cause.Error()) > answerLength+len("…") {
				t.Errorf("%s: %.200v, want %q", name, got, c.want)
			}
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()
		release := make(chan struct{})
		e := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		got := open(t, e.URL).Send(ctx, message(t, sample(t)))
		close(release)
		if _, ok := got.(sink.Retry); !ok {
			t.Errorf("%#v", got)
		}
	})
	t.Run("uses its connections again, as many as it may have", func(t *testing.T) {
		t.Parallel()
		var connections atomic.Int32
		e := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat("thanks ", 1000))
		}))
		e.Config.ConnState = func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				connections.Add(1)
			}
		}
		e.Start()
		t.Cleanup(e.Close)
		s := open(t, e.URL)
		m := message(t, sample(t))
		for range 20 {
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					if o := s.Send(t.Context(), m); o != (sink.Delivered{}) {
						t.Errorf("%#v", o)
					}
				})
			}
			all.Wait()
		}
		if n := connections.Load(); n > 8 { // 4, or a few more when one is given back a moment late
			t.Errorf("80 requests over %d connections, want about 4", n)
		}
	})
	t.Run("sends the body again over a new connection when a kept one was dead", func(t *testing.T) {
		t.Parallel()
		e := serve(t, nil)
		s := open(t, e.URL)
		m := message(t, sample(t))
		for range 3 {
			reused := make(chan bool, 2)
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused <- i.Reused }})
			if o := s.Send(ctx, m); o != (sink.Delivered{}) {
				t.Errorf("%#v", o)
			}
			e.CloseClientConnections()
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, r := range e.requests {
			if !bytes.Equal(r.body, m.Event.Raw) {
				t.Errorf("the body changed: %q", r.body)
			}
		}
	})
}

var byText = cmp.Options{cmpopts.EquateEmpty(), cmp.Comparer(func(a, b error) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Error() == b.Error()
})}

// A URL may hold what its writer took for a safe place, and errors end up in logs and in the status of the resource.
func TestErrorsHoldNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	refusing := httptest.NewServer(http.NotFoundHandler())
	refusing.Close()
	hangsUp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}))
	t.Cleanup(hangsUp.Close)
	repeats := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nX-Key: %s\r\n\r\n", r.URL.RequestURI(), r.Header.Get("X-Key"))
			conn.Close()
		}
	}))
	t.Cleanup(repeats.Close)
	redirects := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://%zz/"+secret)
		w.WriteHeader(http.StatusFound)
	})
	plain := strings.Replace(redirects.URL, "http:", "https:", 1)
	for name, url := range map[string]string{
		"nobody listens":    refusing.URL,
		"it hangs up":       hangsUp.URL,
		"no such host":      "http://no-such-host.invalid",
		"redirects oddly":   redirects.URL,
		"it repeats":        repeats.URL,
		"does not do TLS":   plain,
		"URL is none":       "http://%zz",
		"scheme is unknown": "gopher://example.com",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url+"/"+secret+"?code="+secret, func(o *Options) { o.Header = http.Header{"X-Key": {secret}} })
			o := s.Send(t.Context(), message(t, sample(t)))
			var text string
			switch o := o.(type) {
			case sink.Retry:
				text = o.Cause.Error()
			case sink.Dead:
				text = o.Reason + o.Answer
			default:
				t.Fatalf("%#v", o)
			}
			if text == "" || strings.Contains(text, secret) {
				t.Errorf("it says %q", text)
			}
		})
	}
}
