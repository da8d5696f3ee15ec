// SPDX-License-Identifier: Apache-2.0

package send

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAnswers posts one event to endpoints that answer otherwise than with 200, or not at all.
func TestAnswers(t *testing.T) {
	t.Parallel()
	answers := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}
	redirects := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				t.Error("the redirect was followed")
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		args   []string
		status string // in the summary
		first  string // what the summary tells of it
	}{
		"an error is shown with its words": {
			answer: answers(http.StatusServiceUnavailable, "the event cannot be stored right now\n"),
			status: "503", first: `503 Service Unavailable: "the event cannot be stored right now"`,
		},
		"an error without words is shown all the same": {
			answer: answers(http.StatusNotFound, ""),
			status: "404", first: "404 Not Found",
		},
		"no other status than 200 is a success": {
			answer: answers(http.StatusNoContent, ""),
			status: "204", first: "204 No Content",
		},
		"a status that nobody knows is a number": {
			answer: answers(299, ""),
			status: "299", first: "299",
		},
		"a forged event must not be taken": {
			answer: answers(http.StatusOK, "thanks"),
			args:   []string{"--forge"},
			status: "200", first: `200 OK: "thanks"`,
		},
		"of many words the beginning is shown": {
			answer: answers(http.StatusInternalServerError, strings.Repeat("a", 1000)),
			status: "500", first: `500 Internal Server Error: "` + strings.Repeat("a", 200) + `"`,
		},
		"what a terminal could take for a command is quoted": {
			answer: answers(http.StatusInternalServerError, "\x1b[2Jgone\nand\xff a line"),
			status: "500", first: `500 Internal Server Error: "\x1b[2Jgone\nand a line"`,
		},
		"a redirect that changes the method is not followed": {
			answer: redirects(http.StatusFound),
			status: "302", first: "302 Found",
		},
		"a redirect that keeps the method is not followed": {
			answer: redirects(http.StatusPermanentRedirect),
			status: "308", first: "308 Permanent Redirect",
		},
		"a redirect to nowhere is an answer, too": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "http://%zz/?back="+r.URL.RequestURI())
				w.WriteHeader(http.StatusFound)
			},
			status: "302", first: "302 Found",
		},
		"an answer that does not come is not awaited for ever": {
			answer: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			args:   []string{"--timeout", "100ms"},
			status: "none", first: "no answer: timed out after 100ms",
		},
		"a connection that is cut off is no answer": {
			answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			status: "none", first: "no answer: EOF",
		},
		"an answer that is cut off is none": {
			answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				_, _ = io.WriteString(w, "the beginning")
			},
			status: "none", first: "no answer: read the answer 200: unexpected EOF",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := serve(t, test.answer)
			s := run(t, to(t, e.URL+"/webhook", append(test.args, "-o", "json")...)...)
			wanted := "200 OK"
			if strings.Contains(strings.Join(test.args, " "), "--forge") {
				wanted = "401 Unauthorized"
			}
			agrees(t, s, report{
				Events: 1, Attempts: 1, Answers: map[string]int{test.status: 1}, Unexpected: 1, FirstUnexpected: test.first,
			}, "1 of 1 events were not answered with "+wanted)
			if got := len(e.all()); got != 1 {
				t.Errorf("%d requests, want 1", got)
			}
		})
	}
}

// TestNobodyAnswers shows that what goes wrong below HTTP is told without the URL, whose query may hold a secret.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for name, test := range map[string]struct{ url, first string }{
		"nobody listens": {nobody, "no answer: dial tcp 127.0.0.1:1: connect: connection refused"},
		"the certificate is not trusted": {
			secure.URL + "/webhook",
			"no answer: tls: failed to verify certificate: x509: certificate signed by unknown authority",
		},
		"HTTPS is asked of a server that speaks HTTP": {
			strings.Replace(serve(t, nil).URL, "http:", "https:", 1) + "/webhook",
			"no answer: the server does not speak TLS there: should the URL begin with http: instead of https:?",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agrees(t, run(t, to(t, test.url, "-o", "json")...), report{
				Events: 1, Attempts: 1, Answers: map[string]int{"none": 1}, Unexpected: 1, FirstUnexpected: test.first,
			}, "1 of 1 events were not answered with 200 OK")
		})
	}
}
