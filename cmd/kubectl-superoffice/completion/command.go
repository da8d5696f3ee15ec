// SPDX-License-Identifier: Apache-2.0

// Package completion is "kubectl superoffice completion": scripts for shells, and the one through which kubectl itself
// completes the plugin's arguments. What is completed each command says: names of resources, of sinks, of namespaces.
package completion

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
)

const example = `  # after "kubectl superoffice", once kubectl's own completion is on
  kubectl superoffice completion kubectl > ~/bin/kubectl_complete-superoffice
  chmod +x ~/bin/kubectl_complete-superoffice

  # after "kubectl-superoffice" in bash, in this shell; in zsh; in fish, for good
  source <(kubectl-superoffice completion bash)
  source <(kubectl-superoffice completion zsh)
  kubectl-superoffice completion fish > ~/.config/fish/completions/kubectl-superoffice.fish`

// shim is what kubectl calls to complete the arguments of the plugin: a program of this name in PATH
// (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/).
const shim = `#!/bin/sh
# kubectl calls this, by its name kubectl_complete-superoffice in PATH, to complete "kubectl superoffice".
exec kubectl superoffice __complete "$@"
`

// NewCommand returns the command "completion".
func NewCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion {bash | zsh | fish | powershell | kubectl}",
		Short: "Print a script that completes commands, names and flags",
		Long: `Print a script that completes commands, flags, and the names of SuperOfficeWebhooks, sinks and namespaces from the cluster.

Shells complete "kubectl-superoffice" with it. For "kubectl superoffice" it is kubectl that completes: print the script "kubectl"
into a file kubectl_complete-superoffice in your PATH, and make it executable.`,
		Example:               example,
		DisableFlagsInUseLine: true,
		ValidArgs:             []string{"bash", "zsh", "fish", "powershell", "kubectl"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return exit.Errorf(exit.Usage, "name one shell, or kubectl: bash, zsh, fish, powershell, kubectl")
			}
			return write(cmd.Root(), cmd.OutOrStdout(), args[0])
		},
	}
	return cmd
}

func write(root *cobra.Command, w io.Writer, shell string) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(w)
	case "kubectl":
		_, err := io.WriteString(w, shim)
		return err
	}
	return exit.Errorf(exit.Usage, "%q is not known: bash, zsh, fish, powershell or kubectl", shell)
}
