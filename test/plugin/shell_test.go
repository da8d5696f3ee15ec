// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// result is what a command line led to; both is what a terminal would have shown.
type result struct {
	stdout, both string
	code         int
}

// shell runs a line as a person types it.
func shell(ctx context.Context, stdin, line string) result {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir, cmd.Env, cmd.Stdin = root, shared.environment, strings.NewReader(stdin)
	var stdout, both terminal
	cmd.Stdout, cmd.Stderr = tee{&stdout, &both}, &both
	err := cmd.Run()
	var exit *exec.ExitError
	code := 0
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		return result{both: err.Error(), code: -1}
	}
	return result{stdout.String(), both.String(), code}
}

// onTerminal runs a line as shell does, in the very order in which a terminal would show what it prints.
func onTerminal(ctx context.Context, dir, line string) result {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir, cmd.Env = dir, shared.environment
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return result{both: err.Error(), code: -1}
	}
	return result{both: string(out), code: cmd.ProcessState.ExitCode()}
}

// terminal can be written and read at the same time.
type terminal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *terminal) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

type tee [2]*terminal

func (t tee) Write(p []byte) (int, error) {
	_, _ = t[0].Write(p)
	return t[1].Write(p)
}

// mustRun runs a line that must end with this code, and returns what it printed.
func mustRun(t *testing.T, code int, line string) result {
	t.Helper()
	r := shell(t.Context(), "", line)
	if r.code != code {
		t.Fatalf("%s: exit code %d, want %d\n%s", line, r.code, code, r.both)
	}
	return r
}

// apply makes objects.
func apply(t *testing.T, manifest string) {
	t.Helper()
	if r := shell(t.Context(), manifest, "kubectl apply -f -"); r.code != 0 {
		t.Fatalf("apply: %s\n%s", r.both, manifest)
	}
}

// await looks again and again until it sees what it waits for.
func await(t *testing.T, what string, look func() (seen string, ok bool)) {
	t.Helper()
	end := time.After(patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		seen, ok := look()
		if ok {
			return
		}
		select {
		case <-end:
			t.Fatalf("awaited %s; last seen:\n%s", what, seen)
		case <-tick.C:
		}
	}
}

// companion is a line that goes on for a while.
type companion struct {
	*exec.Cmd
	stdout, both terminal
}

// beside runs a line, and returns when it has said something.
func beside(t *testing.T, line, says string) *companion {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	c := &companion{Cmd: exec.CommandContext(ctx, "sh", "-c", "exec "+line)}
	c.Dir, c.Env = root, shared.environment
	c.Stdout, c.Stderr = tee{&c.stdout, &c.both}, &c.both
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	c.says(t, says)
	return c
}

func (c *companion) says(t *testing.T, text string) {
	t.Helper()
	await(t, "the line to say "+text, func() (string, bool) { return c.both.String(), strings.Contains(c.both.String(), text) })
}

// interrupt is Ctrl-C.
func (c *companion) interrupt(t *testing.T) {
	t.Helper()
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}

func (c *companion) end(t *testing.T) result {
	t.Helper()
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{c.stdout.String(), c.both.String(), c.ProcessState.ExitCode()}
}
