// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// execute runs a command in the repository, and returns what it said.
func execute(ctx context.Context, input, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = root, stage.environment
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func command(t *testing.T, input, program string, args ...string) {
	t.Helper()
	out, err := execute(t.Context(), input, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
}

func kubectl(t *testing.T, args ...string) {
	t.Helper()
	command(t, "", stage.kubectl, args...)
}

// apply applies manifests to a namespace.
func apply(t *testing.T, namespace, manifests string) {
	t.Helper()
	command(t, manifests, stage.kubectl, "apply", "--server-side", "--namespace="+namespace, "--filename=-")
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const (
	// deadline is generous: a busy machine may take long, and only a broken one takes this long.
	deadline = 4 * time.Minute
	interval = 200 * time.Millisecond
)

// await asks until there is no error, and fails with the last one.
func await(t *testing.T, what string, ask func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s: %v", what, errors.Join(err, context.Cause(ctx)))
		}
	}
}

// pause lets time pass in which something is to happen by itself, as under load.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}
