// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
)

// kubectl runs a command as a person would and returns what it printed. The test ends if it fails.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return command(t, "", tools.kubectl, args...)
}

// cleanUp runs kubectl when the test, and with it its context, has ended.
func cleanUp(t *testing.T, args ...string) {
	t.Helper()
	if out, err := execute(context.Background(), "", tools.kubectl, args...); err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// command runs a program at the root of the repository.
func command(t *testing.T, stdin, program string, args ...string) string {
	t.Helper()
	out, err := try(t, stdin, program, args...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return out
}

// try runs a program that may fail; the error has what it printed to standard error.
func try(t *testing.T, stdin, program string, args ...string) (string, error) {
	t.Helper()
	return execute(t.Context(), stdin, program, args...)
}

func execute(ctx context.Context, stdin, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = root
	cmd.Env = tools.environment
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), &commandError{err, stderr.String()}
	}
	return stdout.String(), nil
}

// commandError is an error with its explanation.
type commandError struct {
	err    error
	stderr string
}

func (e *commandError) Error() string { return e.err.Error() + "\n" + e.stderr }

func (e *commandError) Unwrap() error { return e.err }
