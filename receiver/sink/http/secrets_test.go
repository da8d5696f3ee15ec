// SPDX-License-Identifier: Apache-2.0

package http

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/superoffice-webhook/operator/receiver/sink"
)

// repeats answers with all that it was sent, as endpoints do that are to help with trouble.
func repeats(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusBadRequest)
	all, _ := json.Marshal(r.Header["Authorization"])
	fmt.Fprintf(w, "I got %s and %q", all, r.Header["X-Key"])
}

func TestNothingThatASinkRepeatsIsToldOn(t *testing.T) {
	t.Parallel()
	const secret = `s3cr3t/"of 2026"`
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"t0k3n","token_type":"Bearer"}`)
	}))
	t.Cleanup(tokens.Close)
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"a token": {func(o *Options) { o.Auth.Bearer = secret }, `I got ["Bearer [redacted]"] and []`},
		"a password": {
			func(o *Options) { o.Auth.Basic = &Basic{"erp", secret} },
			`I got ["Basic [redacted]="] and []`,
		},
		"an access token": {
			func(o *Options) { o.Auth.OAuth2 = &OAuth2{TokenURL: tokens.URL, ClientID: "erp", ClientSecret: secret} },
			`I got ["Bearer [redacted]"] and []`,
		},
		"a header from a file": {
			func(o *Options) {
				o.Header, o.SecretHeaders = http.Header{"X-Key": {secret}}, []string{"x-key"}
			},
			`I got null and ["[redacted]"]`,
		},
		"an Authorization header with a scheme of its own": {
			func(o *Options) { o.Header = http.Header{"authorization": {"Key " + secret}} },
			`I got ["Key [redacted]"] and []`,
		},
		"a header for all to see": {
			func(o *Options) { o.Header = http.Header{"X-Key": {"sales"}} }, `I got null and ["sales"]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, serve(t, repeats).URL, c.change)
			got, ok := s.Send(t.Context(), message(t, sample(t))).(sink.Dead)
			if !ok || got.Answer != c.want {
				t.Errorf("got %#v, want %q", got, c.want)
			}
		})
	}
}

// Consumers have the signing keys, and know the credentials in their parts.
func TestNothingThatASinkKnowsIsToldOn(t *testing.T) {
	t.Parallel()
	e := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, "the key is whsec_aGVsbG8gd29ybGQ= and the password is s3cr3t")
	})
	s := open(t, e.URL, func(o *Options) {
		o.SigningKeys, o.Auth.Basic = []string{"whsec_aGVsbG8gd29ybGQ=\n"}, &Basic{"erp", "s3cr3t"}
	})
	want := sink.Dead{Reason: "the sink answered 400 Bad Request", Answer: "the key is whsec_[redacted] and the password is [redacted]"}
	if got := s.Send(t.Context(), message(t, sample(t))); got != want {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

func TestNoSecretIsCutInTwo(t *testing.T) {
	t.Parallel()
	const secret = "Zm9yIG5vYm9keQ-0123456789"
	for before := answerLength - 2*len(secret); before <= answerLength; before++ {
		text := strings.Repeat(".", before) + secret + " is wrong"
		got := beginning(strings.NewReader(text), []string{secret})
		if strings.Contains(got, secret[:4]) || len(got) > answerLength || !strings.HasPrefix(got, text[:before]) {
			t.Fatalf("behind %d bytes: %q", before, got)
		}
	}
	lost := io.MultiReader(strings.NewReader("wrong: "+secret[:10]), iotest.ErrReader(io.ErrUnexpectedEOF))
	if got := beginning(lost, []string{secret}); got != "wrong: [redacted]" {
		t.Errorf("of an answer that was lost: %q", got)
	}
}
