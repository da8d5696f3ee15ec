// SPDX-License-Identifier: Apache-2.0

package completion

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
)

func script(t *testing.T, args ...string) (string, error) {
	t.Helper()
	root := &cobra.Command{Use: "kubectl-superoffice", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(NewCommand())
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs(append([]string{"completion"}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// TestScripts has each shell that is there read its script.
func TestScripts(t *testing.T) {
	t.Parallel()
	for shell, check := range map[string][]string{
		"bash": {"bash", "-n"}, "zsh": {"zsh", "-n"}, "fish": {"fish", "--no-execute"}, "powershell": nil, "kubectl": {"sh", "-n"},
	} {
		text, err := script(t, shell)
		if err != nil || !strings.Contains(text, "superoffice") {
			t.Errorf("%s: %v %q", shell, err, text)
		}
		if check == nil {
			continue
		}
		if _, err := exec.LookPath(check[0]); err != nil {
			t.Logf("%s is not installed", check[0])
			continue
		}
		cmd := exec.CommandContext(t.Context(), check[0], check[1:]...)
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
}

func TestWrongShell(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"tcsh"}, {"bash", "zsh"}} {
		if _, err := script(t, args...); exit.Of(err) != exit.Usage {
			t.Errorf("%v: %v", args, err)
		}
	}
}
