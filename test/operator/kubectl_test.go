// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// kubectl runs a command as a person would and returns what it printed. The test ends if it fails.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := execute(t.Context(), args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func execute(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, stage.kubectl, args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "KUBECONFIG="+stage.cluster.Kubeconfig())
	out, err := cmd.CombinedOutput()
	return string(out), err
}
