// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/test/peer"
)

const (
	// patience is the longest that a test waits for what is sure to come. Nothing takes nearly as long on its own.
	patience = time.Minute

	// What nobody must ever see. Every process is given both, and searched for them.
	secretMarker = "marker-of-the-secret"
	urlMarker    = "marker-in-the-url"

	variable = "SUPEROFFICE_TEST_SECRET"

	// samples are the events that can be sent by name.
	samples = "activity.changed, activity.created, activity.deleted, associate.changed, associate.created, " +
		"associate.deleted, chatsession.changed, chatsession.created, chatsession.message, contact.changed, " +
		"contact.created, contact.deleted, document.changed, document.created, document.deleted, " +
		"document.edited, list.110.changed, list.110.created, list.110.softdeleted, list.category.changed, " +
		"list.category.created, list.category.softdeleted, person.changed, person.consented, person.created, " +
		"person.deleted, person.unconsented, project.changed, project.created, project.deleted, " +
		"projectmember.changed, projectmember.created, projectmember.deleted, quote.approved, quote.ordered, " +
		"quote.rejected, quote.sent, relation.changed, relation.created, relation.deleted, sale.changed, " +
		"sale.completed, sale.created, sale.deleted, sale.lost, sale.sold, salestakeholder.changed, " +
		"salestakeholder.created, salestakeholder.deleted, test, ticket.changed, ticket.created, " +
		"webhook.errors, webhook.started, webhook.stopped, y_table.changed, y_table.created, y_table.deleted"
)

// program is the command, compiled.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kubectl-superoffice-")
	if err == nil {
		program = filepath.Join(dir, "kubectl-superoffice")
		err = build()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

func build() error {
	args := append([]string{"build", "-ldflags", "-X main.version=v1.2.3", "-o", program}, buildFlags...)
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return fmt.Errorf("build the command: %w\n%s", err, out)
	}
	return nil
}

// process is the command as a process.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := newProcess(t, args...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func newProcess(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	p := &process{Cmd: exec.CommandContext(ctx, program, args...)}
	p.Env = append(os.Environ(), variable+"="+secretMarker, "KUBECONFIG="+filepath.Join(t.TempDir(), "none"),
		"KUBERNETES_SERVICE_HOST=") // no cluster that happens to be at hand
	p.Cmd.Stdout, p.Cmd.Stderr = &p.stdout, &p.stderr
	return p
}

// ends waits for the end, and holds the exit code and what was said last on standard error against what is expected.
func (p *process) ends(t *testing.T, code int, stderr string) {
	t.Helper()
	var failure *exec.ExitError
	if err := p.Wait(); err != nil && !errors.As(err, &failure) {
		t.Fatal(err)
	}
	if got := p.ProcessState.ExitCode(); got != code {
		t.Errorf("the exit code is %d, want %d", got, code)
	}
	if got := p.stderr.String(); got != stderr {
		t.Errorf("on standard error: %q, want %q", got, stderr)
	}
	for _, marker := range []string{secretMarker, urlMarker} {
		if all := p.stdout.String() + p.stderr.String(); strings.Contains(all, marker) {
			t.Errorf("%s was printed:\n%s", marker, all)
		}
	}
}

// to are the arguments that post to a URL.
func to(url string, more ...string) []string {
	return append([]string{"send", "--url", url + "/webhook?code=" + urlMarker, "--secret-env", variable}, more...)
}

func serve(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else nobody notices that the sender hangs up
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	answers := func(status int) string {
		return serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	for name, test := range map[string]struct {
		args   []string
		code   int
		stdout string // a part of it
		stderr string
	}{
		"is 0 when all was answered with 200": {
			args:   to(answers(200), "-n", "10"),
			stdout: "  200 OK    10\n",
		},
		"is 0 when all that was forged was refused": {
			args:   to(answers(401), "--forge"),
			stdout: "  401 Unauthorized   1\n",
		},
		"is 1 when the answer was another": {
			args: to(answers(503)), code: 1,
			stdout: "  first unexpected: 503 Service Unavailable\n",
			stderr: "error: 1 of 1 events were not answered with 200 OK\n",
		},
		"is 1 when what was forged was taken": {
			args: to(answers(200), "--forge", "-n", "2"), code: 1,
			stdout: "  first unexpected: 200 OK\n",
			stderr: "error: 2 of 2 events were not answered with 401 Unauthorized\n",
		},
		"is 1 when nobody answered, and the summary is there for scripts": {
			args: to("http://127.0.0.1:1", "-o", "json"), code: 1,
			stdout: `"firstUnexpected": "no answer: dial tcp 127.0.0.1:1: connect: connection refused"`,
			stderr: "error: 1 of 1 events were not answered with 200 OK\n",
		},
		"is 4 when one of several receivers did not tell of its dead letters": {
			args: []string{
				"dead-letters", "list", "-o", "json", "--url", "http://127.0.0.1:1",
				"--url", serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`[{"id": 7}]`)) }),
			},
			code:   4,
			stdout: `"id": 7`,
			stderr: "error: not all was done: receiver 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused\n",
		},
		"is 2 when a purge was not confirmed": {
			args: []string{
				"dead-letters", "purge", "-o", "json", "--all",
				"--url", serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"selected": 1, "ids": [7]}`)) }),
			},
			code:   2,
			stdout: `"selected": 1`,
			stderr: "error: nothing was purged: give --yes to purge this dead letter for good\n",
		},
		"is 2 when an option is wrong": {
			args: to(answers(200), "--concurrency", "0"), code: 2,
			stderr: "error: --concurrency must be at least 1\n",
		},
		"is 2 when there is no such option": {
			args: to(answers(200), "--secret", secretMarker), code: 2,
			stderr: "error: unknown flag: --secret\n",
		},
		"is 2 when there is no sample of the event": {
			args: to(answers(200), "activity.bogus"), code: 2,
			stderr: "error: there is no sample of the event \"activity.bogus\"; there are " + samples + "\n",
		},
		"is 2 when a receiver is named twice": {
			args: []string{"dead-letters", "list", "--url", "http://127.0.0.1:1", "--url", "http://127.0.0.1:1"}, code: 2,
			stderr: "error: --url names 127.0.0.1:1 twice\n",
		},
		"is 2 when there is no such command": {
			args: []string{"receive"}, code: 2,
			stderr: "error: unknown command \"receive\" for \"kubectl superoffice\"\n",
		},
		"is 3 when there is no cluster": {
			args: []string{"send", "crm"}, code: 3,
			stderr: "error: the kubeconfig is missing or names no cluster: set KUBECONFIG or give --kubeconfig\n",
		},
		"is 0 after help": {
			args:   []string{"send", "--help"},
			stdout: "\n  kubectl superoffice send {WEBHOOK | --url URL} [SAMPLE...]\n",
		},
		"is 0 after the version": {
			args:   []string{"version"},
			stdout: "v1.2.3\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, test.args...)
			p.ends(t, test.code, test.stderr)
			if got := p.stdout.String(); !strings.Contains(got, test.stdout) || test.stdout == "" && got != "" {
				t.Errorf("on standard output: %q, want %q", got, test.stdout)
			}
		})
	}
}

// TestInterrupt ends the command in the middle, as Ctrl-C does.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			waiting := make(chan struct{})
			url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
				if requests.Add(1) == 4 {
					close(waiting)
					<-r.Context().Done()
				}
			})
			p := start(t, to(url, "-n", "1000", "--concurrency", "1", "--timeout", "1h")...)
			select {
			case <-waiting:
			case <-time.After(patience):
				t.Fatal("the fourth event did not come")
			}
			if err := p.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			p.ends(t, 3, "error: interrupted after 4 of 1000 events\n")
			for _, want := range []string{"Posted 4 events to ", "  200 OK      3\n", "  no answer   1\n", "first unexpected: no answer: "} {
				if got := p.stdout.String(); !strings.Contains(got, want) {
					t.Errorf("the summary is %q, want %q in it", got, want)
				}
			}
		})
	}
}

// silent is a kubeconfig for an API server that takes connections and never answers, and tells of those that come.
func silent(t *testing.T) (kubeconfig string, come <-chan struct{}) {
	t.Helper()
	address, come := peer.Silent(t)
	kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("{apiVersion: v1, kind: Config, current-context: it, clusters: [{name: it, cluster: {server: 'http://%s'}}], "+
		"contexts: [{name: it, context: {cluster: it}}]}", address)
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return kubeconfig, come
}

// TestSilence has the command end although the API server says nothing.
func TestSilence(t *testing.T) {
	t.Parallel()
	t.Run("by a signal", func(t *testing.T) {
		t.Parallel()
		kubeconfig, come := silent(t)
		p := start(t, "get", "--kubeconfig", kubeconfig)
		select {
		case <-come:
		case <-time.After(patience):
			t.Fatal("the API server was not asked")
		}
		if err := p.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		p.ends(t, 3, "error: list SuperOfficeWebhooks: interrupt signal received\n")
	})
	t.Run("by --request-timeout", func(t *testing.T) {
		t.Parallel()
		kubeconfig, _ := silent(t)
		p := start(t, "status", "crm", "--kubeconfig", kubeconfig, "--request-timeout", "100ms")
		p.ends(t, 3, "error: read SuperOfficeWebhook default/crm: the API server has not answered within 100ms (--request-timeout)\n")
	})
}

// TestSecondSignal ends the command where it waits for something that no context ends: its input.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "verify", "-f", "-", "--signature", "x", "--secret-env", variable)
	input, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := input.Write(make([]byte, 1<<20)); err != nil { // more than a pipe holds: it is reading
		t.Fatal(err)
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	over := make(chan struct{})
	var signalling sync.WaitGroup
	signalling.Go(func() {
		for {
			_ = p.Process.Signal(os.Interrupt) // fails once it has ended
			select {
			case <-again.C:
			case <-over:
				return
			}
		}
	})
	p.ends(t, -1, "")
	close(over)
	signalling.Wait()
	if status, ok := p.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGINT {
		t.Errorf("it has ended by %v, want the second interrupt", p.ProcessState)
	}
}
