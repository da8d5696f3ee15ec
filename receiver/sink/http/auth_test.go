// SPDX-License-Identifier: Apache-2.0

package http

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

func TestBearerAndBasic(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		auth Auth
		want string
	}{
		"none":   {Auth{}, ""},
		"bearer": {Auth{Bearer: "abc"}, "Bearer abc"},
		"basic":  {Auth{Basic: &Basic{"erp", "p:ss"}}, "Basic ZXJwOnA6c3M="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := serve(t, nil)
			s := open(t, e.URL, func(o *Options) { o.Auth = c.auth })
			if o := s.Send(t.Context(), message(t, sample(t))); o != (sink.Delivered{}) {
				t.Fatalf("%#v", o)
			}
			if got := e.only(t).header.Get("Authorization"); got != c.want {
				t.Errorf("Authorization %q, want %q", got, c.want)
			}
		})
	}
}

// authorizationServer gives out numbered tokens and takes note of who asked for them, and how.
type authorizationServer struct {
	*httptest.Server
	given   atomic.Int64
	expires time.Duration

	mu    sync.Mutex
	asked []string
}

func serveTokens(t *testing.T) *authorizationServer {
	t.Helper()
	a := &authorizationServer{expires: time.Hour}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if err := r.ParseForm(); err != nil || user != "client" || password != "s3cr3t" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_client","error_description":"who are you?"}`)
			return
		}
		a.mu.Lock()
		a.asked = append(a.asked, r.Form.Encode())
		a.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"token%d","token_type":"Bearer","expires_in":%d}`, a.given.Add(1), int(a.expires.Seconds()))
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *authorizationServer) options(o *Options) {
	o.Auth.OAuth2 = &OAuth2{TokenURL: a.URL, ClientID: "client", ClientSecret: "s3cr3t", Scopes: []string{"write", "read"}, Audience: "erp"}
}

func TestOAuth2TokenIsUsedUntilTheSinkRefusesIt(t *testing.T) {
	t.Parallel()
	tokens := serveTokens(t)
	var valid atomic.Value
	valid.Store("Bearer token1")
	e := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != valid.Load() {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	s := open(t, e.URL, tokens.options)
	for range 3 {
		if o := s.Send(t.Context(), message(t, sample(t))); o != (sink.Delivered{}) {
			t.Fatalf("%#v", o)
		}
	}
	if n := tokens.given.Load(); n != 1 {
		t.Errorf("%d tokens for three events", n)
	}
	if diff := cmp.Diff([]string{"audience=erp&grant_type=client_credentials&scope=write+read"}, tokens.asked); diff != "" {
		t.Errorf("asked for (-want +got)\n%s", diff)
	}
	valid.Store("Bearer token2")
	if o, ok := s.Send(t.Context(), message(t, sample(t))).(sink.Retry); !ok {
		t.Fatalf("an outdated token: %#v", o)
	}
	if o := s.Send(t.Context(), message(t, sample(t))); o != (sink.Delivered{}) {
		t.Fatalf("with the new token: %#v", o)
	}
	// A token that was fetched for the very attempt is not out of date: the sink does not want this client.
	valid.Store("none")
	s.auth.forget("token2")
	if o, ok := s.Send(t.Context(), message(t, sample(t))).(sink.Dead); !ok || o.Reason != "the sink answered 401 Unauthorized" {
		t.Errorf("refused with a fresh token: %#v", o)
	}
}

func TestOAuth2TokenThatExpiresIsReplaced(t *testing.T) {
	t.Parallel()
	tokens := serveTokens(t)
	tokens.expires = time.Second // which counts as expired ten seconds before
	e := serve(t, nil)
	s := open(t, e.URL, tokens.options)
	for range 3 {
		if o := s.Send(t.Context(), message(t, sample(t))); o != (sink.Delivered{}) {
			t.Fatalf("%#v", o)
		}
	}
	if n := tokens.given.Load(); n != 3 {
		t.Errorf("%d tokens for three events", n)
	}
}

func TestOAuth2ManyShareOneToken(t *testing.T) {
	t.Parallel()
	tokens := serveTokens(t)
	e := serve(t, nil)
	s := open(t, e.URL, tokens.options)
	m := message(t, sample(t))
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if o := s.Send(t.Context(), m); o != (sink.Delivered{}) {
				t.Errorf("%#v", o)
			}
		})
	}
	all.Wait()
	if n := tokens.given.Load(); n != 1 {
		t.Errorf("%d tokens", n)
	}
}

func TestNoTokenIsARetry(t *testing.T) {
	t.Parallel()
	e := serve(t, nil)
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	odd := func(answer string, code int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			fmt.Fprint(w, answer)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	for name, c := range map[string]struct {
		url, secret, want string
	}{
		"wrong secret":       {serveTokens(t).URL, "wr0ng", "get an access token: the token endpoint answered 401 Unauthorized: invalid_client who are you?"},
		"server is down":     {down.URL, "s3cr3t", "connection refused"},
		"answer is none":     {odd(`{}`, 200), "s3cr3t", "get an access token: the token endpoint's answer holds no access token"},
		"answer is an error": {odd(`s3cr3t`, 500), "s3cr3t", "get an access token: the token endpoint answered 500 Internal Server Error"},
		"server repeats": {
			odd(`{"error":"invalid_client","error_description":"no s3cr3t/2, no Y2xpZW50OnMzY3IzdCUyRjI="}`, 401), "s3cr3t/2",
			"401 Unauthorized: invalid_client no [redacted], no [redacted]=",
		},
		"server talks":        {odd(`{"error":"`+strings.Repeat("no ", 1<<16)+`"}`, 401), "s3cr3t", "get an access token: the token endpoint answered 401 Unauthorized: no"},
		"server redirects":    {odd(``, 302), "s3cr3t", "get an access token: the token endpoint answered 302 Found"},
		"address is reserved": {"http://169.254.169.254/token", "s3cr3t", "link-local"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, e.URL, func(o *Options) {
				o.Auth.OAuth2 = &OAuth2{TokenURL: c.url, ClientID: "client", ClientSecret: c.secret}
			})
			o, ok := s.Send(t.Context(), message(t, sample(t))).(sink.Retry)
			if !ok || !strings.Contains(o.Cause.Error(), c.want) || strings.Contains(o.Cause.Error(), c.secret) || len(o.Cause.Error()) > 600 {
				t.Errorf("got %v, want %q", o, c.want)
			}
		})
	}
}
