// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// managerUser is whose requests are counted.
const managerUser = "system:serviceaccount:system:superoffice-webhook-operator"

// policy has the API server note the manager's requests, without what is in them.
const policy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  users: ["` + managerUser + `"]
- level: None
`

// request is a line of the audit log.
type request struct {
	Verb      string
	ObjectRef struct{ Resource, Namespace, Name, Subresource string }
	Stage     string
}

// kind of a request, for people: "patch superofficewebhooks/status".
func (r request) kind() string {
	kind := r.Verb + " " + r.ObjectRef.Resource
	if r.ObjectRef.Subresource != "" {
		kind += "/" + r.ObjectRef.Subresource
	}
	return kind
}

func (r request) writes() bool {
	switch r.Verb {
	case "get", "list", "watch":
		return false
	}
	return true
}

// counted leaves out what has nothing to do with the number of resources: the lease and the Event about it, which are in the
// manager's own namespace, and watches.
func (r request) counted() bool {
	return r.Stage == "ResponseComplete" && r.Verb != "watch" && r.ObjectRef.Namespace != "system" && r.ObjectRef.Resource != ""
}

// audit follows the API server's log.
type audit struct {
	file *os.File

	mu       sync.Mutex
	requests []request
	last     time.Time
	err      error
}

// auditArgs have an API server write its log into a directory.
func auditArgs(dir string) ([]string, error) {
	file := filepath.Join(dir, "policy.yaml")
	return []string{"--audit-policy-file=" + file, "--audit-log-path=" + logIn(dir), "--audit-log-mode=blocking"},
		os.WriteFile(file, []byte(policy), 0o600)
}

func logIn(dir string) string { return filepath.Join(dir, "audit.log") }

// follow reads the log until the context ends.
func follow(ctx context.Context, dir string) (*audit, error) {
	f, err := os.OpenFile(logIn(dir), os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	a := &audit{file: f, last: time.Now()}
	go func() {
		defer f.Close() //nolint:errcheck // nothing was written
		reader, line := bufio.NewReaderSize(f, 1<<16), ""
		for ctx.Err() == nil {
			part, err := reader.ReadString('\n')
			line += part
			if errors.Is(err, io.EOF) {
				wait(ctx, 20*time.Millisecond)
				continue
			}
			if err == nil {
				err = a.note(line)
			}
			if err != nil {
				a.mu.Lock()
				a.err = fmt.Errorf("read the audit log: %w", err)
				a.mu.Unlock()
				return
			}
			line = ""
		}
	}()
	return a, nil
}

func (a *audit) note(line string) error {
	var r request
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		return err
	}
	if !r.counted() {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests, a.last = append(a.requests, r), time.Now()
	return nil
}

// take returns the requests since it was called last.
func (a *audit) take() ([]request, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.requests
	a.requests = nil
	return all, a.err
}

// quiet waits until the manager has asked for nothing for so long, and returns when it asked last.
func (a *audit) quiet(ctx context.Context, pause time.Duration) (time.Time, error) {
	for {
		a.mu.Lock()
		last, err := a.last, a.err
		a.mu.Unlock()
		if err != nil || ctx.Err() != nil {
			return last, firstError(err, ctx.Err())
		}
		if time.Since(last) > pause {
			return last, nil
		}
		wait(ctx, pause/10)
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// perResource counts requests by their kind.
func perResource(requests []request, n int) map[string]float64 {
	counts := map[string]float64{}
	for _, r := range requests {
		counts[r.kind()] += 1 / float64(n)
	}
	return counts
}

func writesOf(requests []request) (n int) {
	for _, r := range requests {
		if r.writes() {
			n++
		}
	}
	return n
}
