// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/test/terminal"
)

// user is the cluster and the terminal that all tests share; nil where there is none.
var user *terminal.Terminal

func TestMain(m *testing.M) {
	os.Exit(play(m))
}

// play returns the exit code, after everything that was started has ended.
func play(m *testing.M) (code int) {
	if flag.Parse(); testing.Short() {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "superoffice-webhook-docs-")
	if err != nil {
		return fail("make a directory", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	if user, err = terminal.Start(ctx, root, dir); err != nil {
		return fail("start", err)
	}
	defer func() {
		if err := user.Stop(); err != nil {
			code = fail("stop", err)
		}
	}()
	return m.Run()
}

func fail(doing string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", doing, err)
	return 1
}

// mustRun is what commands print. The test ends if they fail.
func mustRun(t *testing.T, script string) string {
	t.Helper()
	if user == nil {
		t.Skip("it needs a cluster")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := user.Run(ctx, script)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
