// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// deadline is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
	deadline = 30 * time.Second

	// What nobody must ever see. Runs of the command are given both, and every one is searched for them.
	secretMarker = "marker-of-the-secret"
	urlMarker    = "marker-in-the-url"

	// nobody listens there.
	nobody = "http://127.0.0.1:1/webhook"
)

// said is what a run of the command said.
type said struct {
	stdout, stderr string
	err            error
}

// run runs the command as main does.
func run(t *testing.T, args ...string) said {
	t.Helper()
	return runWith(t.Context(), t, "", args...)
}

func runWith(ctx context.Context, t *testing.T, stdin string, args ...string) said {
	t.Helper()
	cmd := NewCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var stdout, stderr bytes.Buffer
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	cmd.SetArgs(append([]string{}, args...)) // never nil, which would be those of the test
	s := said{err: cmd.ExecuteContext(ctx)}
	s.stdout, s.stderr = stdout.String(), stderr.String()
	s.keepsSecrets(t)
	return s
}

// message is that of the error; empty without one.
func (s said) message() string {
	if s.err == nil {
		return ""
	}
	return s.err.Error()
}

func (s said) keepsSecrets(t *testing.T) {
	t.Helper()
	all := s.stdout + s.stderr + s.message()
	for _, marker := range []string{secretMarker, urlMarker} {
		for _, form := range []string{
			marker, base64.StdEncoding.EncodeToString([]byte(marker)), hex.EncodeToString([]byte(marker)),
		} {
			if strings.Contains(all, form) {
				t.Errorf("%s was printed:\n%s", marker, all)
			}
		}
	}
}

// summary reads the JSON form of the report, without what differs from run to run.
func (s said) summary(t *testing.T) report {
	t.Helper()
	var r report
	if err := json.Unmarshal([]byte(s.stdout), &r); err != nil {
		t.Fatalf("%v in %q (%v)", err, s.stdout, s.err)
	}
	r.Target, r.Seconds, r.Latency = "", 0, nil
	return r
}

// to are the arguments that post to a URL. Its query and the secret, which is in a file, are the markers.
func to(t *testing.T, url string, more ...string) []string {
	t.Helper()
	file := writeFile(t, "secret", secretMarker)
	return append([]string{"--url", url + "?code=" + urlMarker, "--secret-file", file}, more...)
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sample is the body of an event's sample.
func sample(t *testing.T, event string) []byte {
	t.Helper()
	body, err := fixtures.Body(event)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func parse(t *testing.T, body []byte) *superoffice.Event {
	t.Helper()
	e, err := superoffice.Parse(body)
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return e
}

// received is a request as an endpoint saw it.
type received struct {
	path   string
	header http.Header
	body   string
}

// endpoint is an HTTP server that keeps what it was sent.
type endpoint struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

// serve starts an endpoint that answers by a function; nil: with 200.
func serve(t *testing.T, answer http.HandlerFunc) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read a request: %v", err)
		}
		e.mu.Lock()
		e.requests = append(e.requests, received{r.URL.Path, r.Header.Clone(), string(body)})
		e.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) all() []received {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]received{}, e.requests...)
}
