// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// receiver is a receiver process.
type receiver struct {
	*process.Process
	said *transcript

	intake, admin string // URLs, once it receives
}

// launch runs the program with a host in BIND_ADDRESS, which may be empty, and waits for nothing.
func launch(t *testing.T, host string, args ...string) *receiver {
	t.Helper()
	return launchProgram(t, program, []string{"BIND_ADDRESS=" + host}, args...)
}

func launchProgram(t *testing.T, path string, env []string, args ...string) *receiver {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := spawner.Start(process.Command{
		Path: path, Args: args, Env: append(os.Environ(), env...), Output: writer,
	})
	writer.Close()
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{Process: p, said: record(reader)}
	t.Cleanup(func() {
		r.kill()
		if t.Failed() {
			t.Logf("receiver %v said:\n%s", args, r.said)
		}
	})
	return r
}

// start runs the program and waits until it receives.
func start(t *testing.T, v *volume, dir string, flags ...string) *receiver {
	t.Helper()
	return startOn(t, "", v, dir, flags...)
}

func startOn(t *testing.T, host string, v *volume, dir string, flags ...string) *receiver {
	t.Helper()
	r := launch(t, host, append([]string{"--config", v.config(), "--data-dir", dir}, flags...)...)
	r.receives(t)
	return r
}

// receives waits until the process receives. From then on everything that it says must be lines of its log.
func (r *receiver) receives(t *testing.T) {
	t.Helper()
	line := r.logs(t, "receiving")
	r.intake = fmt.Sprintf("http://%s%s", line["intake"], line["path"])
	r.admin = fmt.Sprintf("http://%s", line["admin"])
	t.Cleanup(func() {
		r.kill()
		for _, line := range r.said.lines() {
			if !json.Valid([]byte(line)) { // a panic, or a data race that was found
				t.Errorf("this is no line of a log: %s", line)
			}
		}
	})
}

// kill ends the process at once (SIGKILL), if it still runs.
func (r *receiver) kill() {
	r.Kill()
	<-r.Done()
	<-r.said.ended
}

// terminate asks the process to end.
func (r *receiver) terminate() { r.Signal(syscall.SIGTERM) }

// exits waits for the end of the process and returns its exit code.
func (r *receiver) exits(t *testing.T) int {
	t.Helper()
	select {
	case <-r.Done():
	case <-time.After(patience):
		t.Fatalf("it still runs after %s", patience)
	}
	<-r.said.ended
	code, _ := r.Exit()
	return code
}

// logs waits for a line of the log by its message.
func (r *receiver) logs(t *testing.T, message string) map[string]any {
	t.Helper()
	var found map[string]any
	eventually(t, func() string {
		ended := false
		select {
		case <-r.said.ended:
			ended = true
		default:
		}
		for _, line := range r.said.lines() {
			var parsed map[string]any
			if json.Unmarshal([]byte(line), &parsed) == nil && parsed["msg"] == message {
				found = parsed
				return ""
			}
		}
		if ended {
			t.Fatalf("it ended and did not say %q", message)
		}
		return fmt.Sprintf("it does not say %q", message)
	})
	return found
}

// admins are asked with new connections: processes come and go.
var admins = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}

// asks the admin port. The status code is 0 when nobody answers.
func (r *receiver) asks(t *testing.T, path string) (code int, body string) {
	t.Helper()
	answer, err := admins.Get(r.admin + path)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}

func (r *receiver) reads(t *testing.T, path string, into any) {
	t.Helper()
	code, body := r.asks(t, path)
	if code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, code, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		t.Fatal(err)
	}
}

func (r *receiver) status(t *testing.T) status.Status {
	t.Helper()
	var s status.Status
	r.reads(t, "/status", &s)
	return s
}

// sink returns what the status says of a sink.
func (r *receiver) sink(t *testing.T, name string) status.Sink {
	t.Helper()
	s := r.status(t)
	i := slices.IndexFunc(s.Sinks, func(s status.Sink) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("the status knows no sink %q", name)
	}
	return s.Sinks[i]
}

// settles waits until nothing is pending for a sink.
func (r *receiver) settles(t *testing.T, name string) {
	t.Helper()
	eventually(t, func() string {
		if n := r.sink(t, name).Pending; n > 0 {
			return fmt.Sprintf("%d events wait for sink %q", n, name)
		}
		return ""
	})
}

// counted returns how many requests the metrics count for a reason.
func (r *receiver) counted(t *testing.T, reason intake.Reason) int {
	t.Helper()
	_, body := r.asks(t, "/metrics")
	metric := fmt.Sprintf(`(?m)^superoffice_webhook_requests_total\{code="%d",reason=%q\} (\d+)$`, reason.Status(), reason)
	found := regexp.MustCompile(metric).FindStringSubmatch(body)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// transcript is what a process has written so far.
type transcript struct {
	ended chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
}

func record(from *os.File) *transcript {
	s := &transcript{ended: make(chan struct{})}
	go func() { // ends with the process
		defer close(s.ended)
		defer from.Close()
		_, _ = io.Copy(s, from)
	}()
	return s
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// lines are those that are complete.
func (s *transcript) lines() []string {
	lines := strings.Split(s.String(), "\n")
	return lines[:len(lines)-1]
}
