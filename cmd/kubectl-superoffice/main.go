// SPDX-License-Identifier: Apache-2.0

// Command kubectl-superoffice is the user's tool for SuperOfficeWebhook resources; kubectl finds it as
// "kubectl superoffice" once it is in PATH. This file only wires: each verb is a package below.
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // the ways of logging in that kubectl knows
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/completion"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/deadletters"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/doctor"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/get"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/reconcile"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/render"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/send"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/status"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/suspend"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/tail"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/verify"
)

// version is set by the linker: -X main.version=v0.1.0.
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)  // a second signal ends the process, whatever it waits for
	log.SetLogger(logr.Discard()) // what matters is returned as an error
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(int(exit.Of(err))) //nolint:gocritic // the signal handler ends with the process
	}
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "kubectl-superoffice",
		Short:         "Work with SuperOfficeWebhook resources",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl superoffice"},
		Args:          exit.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true, // main prints them
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit.With(exit.Usage, err) })
	root.AddCommand(
		get.NewCommand(),
		status.NewCommand(),
		doctor.NewCommand(),
		tail.NewCommand(),
		verify.NewCommand(),
		suspend.NewSuspendCommand(),
		suspend.NewResumeCommand(),
		reconcile.NewCommand(),
		render.NewCommand(release()),
		send.NewCommand(),
		deadletters.NewCommand(),
		completion.NewCommand(),
		newVersionCommand(),
	)
	return root
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  exit.NoArgs,
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), release()) },
	}
}

// release is the version that was linked in, or the one that Go knows of the module.
func release() string {
	built, _ := debug.ReadBuildInfo()
	return cmp.Or(version, built.Main.Version, "unknown")
}
