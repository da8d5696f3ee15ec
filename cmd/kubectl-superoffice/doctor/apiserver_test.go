// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/test/peer"
)

// kubeconfig is for an API server at this address.
func kubeconfig(t *testing.T, address string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("{apiVersion: v1, kind: Config, current-context: it, clusters: [{name: it, cluster: {server: %q}}], "+
		"contexts: [{name: it, context: {cluster: it, namespace: sales}}]}", address)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// silent is an API server that takes connections and never answers.
func silent(t *testing.T) string {
	t.Helper()
	address, _ := peer.Silent(t)
	return "http://" + address
}

// visited returns what the command says, and how it ends.
func visited(t *testing.T, args ...string) ([]result, error) {
	t.Helper()
	cmd := NewCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var stdout bytes.Buffer
	cmd.SetOut(&stdout)
	cmd.SetArgs(append(args, "-o", "json"))
	err := cmd.ExecuteContext(t.Context())
	var results []result
	if err := json.Unmarshal(stdout.Bytes(), &results); err != nil {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	return results, err
}

// of returns the results of a check.
func of(check string, results []result) (found []result) {
	for _, r := range results {
		if r.Check == check {
			found = append(found, r)
		}
	}
	return found
}

// TestSilence says once that the API server does not answer, and looks at what can be seen without it.
func TestSilence(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		address string
		args    []string
		why     string
	}{
		"nobody listens":                     {"http://127.0.0.1:1", nil, "127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused"},
		"it says nothing":                    {silent(t), []string{"--timeout", "50ms"}, "no answer in time"},
		"it says nothing for a request long": {silent(t), []string{"--request-timeout", "50ms"}, "the API server has not answered within 50ms (--request-timeout)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"crm", "--kubeconfig", kubeconfig(t, test.address), "--url", "http://127.0.0.1:1/webhook"}, test.args...)
			results, err := visited(t, args...)
			if exit.Of(err) != exit.Failed || err.Error() != "2 checks failed" { // the other is that of the URL
				t.Errorf("it ends with code %d: %v", exit.Of(err), err)
			}
			if got := of("api server", results); len(got) != 1 || got[0].State != failed || !strings.HasSuffix(got[0].Found, test.why) {
				t.Errorf("of the API server it says %v, want %s", got, test.why)
			}
			for _, check := range []string{"definition", "operator", "resource", "secret", "receivers", "test event"} {
				want := result{check, skipped, "the API server does not answer", ""}
				if got := of(check, results); len(got) != 1 || got[0] != want {
					t.Errorf("of %s it says %v", check, got)
				}
			}
			if got := of("public test", results); len(got) != 1 || got[0].State != failed {
				t.Errorf("of the URL it says %v", got)
			}
		})
	}
}

// TestRights advises to ask for rights only where these are what is missing.
func TestRights(t *testing.T) {
	t.Parallel()
	for reason, code := range map[string]int{"Forbidden": http.StatusForbidden, "InternalError": http.StatusInternalServerError} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(code)
				_, _ = fmt.Fprintf(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": %q, "message": "no", "code": %d}`, reason, code)
			}))
			t.Cleanup(server.Close)
			results, err := visited(t, "crm", "--kubeconfig", kubeconfig(t, server.URL), "--timeout", time.Minute.String())
			if exit.Of(err) != exit.Wrong {
				t.Errorf("it ends with code %d: %v", exit.Of(err), err)
			}
			for _, check := range []string{"definition", "operator", "resource"} {
				got := of(check, results)
				if len(got) != 1 || strings.HasPrefix(got[0].Do, "Ask somebody") != (reason == "Forbidden") {
					t.Errorf("of %s it says %v", check, got)
				}
			}
		})
	}
}
