// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
)

// ErrPartial is in the error of a command that did a part of what it was asked for.
var ErrPartial = exit.Errorf(exit.Partial, "not all was done")

const example = `  # what could not be delivered in the last two hours
  kubectl superoffice dead-letters list crm -n sales --since 2h

  # one of them, with the sink's answer, its headers and its body
  kubectl superoffice dead-letters show crm -n sales crm-receiver-5c9f7d-x2x8k/12

  # send all of a sink again, first to see which, then 5 a second
  kubectl superoffice dead-letters replay crm -n sales --sink erp --dry-run
  kubectl superoffice dead-letters replay crm -n sales --sink erp --rate 5

  # get rid of requests that held no event
  kubectl superoffice dead-letters purge crm -n sales --sink - --yes

  # the same for a receiver without Kubernetes
  kubectl superoffice dead-letters list --url http://127.0.0.1:8081`

// NewCommand returns the command "dead-letters".
func NewCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dead-letters",
		Short: "List, show, replay and purge dead letters",
		Long: `List, show, replay and purge dead letters: events that a sink refused or did not take in time, and authentic requests
that hold no event.

With the name of a SuperOfficeWebhook, a port is forwarded to the admin port of each of its receiver pods. Each receiver
counts its dead letters for itself, so where there are several, RECEIVER/ID names one.

The exit code is 0 when all was done, 4 when a part of it was (a receiver did not answer, or a dead letter cannot be
replayed), 2 when the command line is wrong or a purge was not confirmed, and otherwise 3.`,
		Example: example,
		Args:    exit.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newListCommand(), newShowCommand(), newReplayCommand(), newPurgeCommand())
	return cmd
}

func newListCommand() *cobra.Command {
	var l list
	cmd := &cobra.Command{
		Use:                   "list {WEBHOOK | --url URL}",
		Short:                 "List dead letters, oldest first",
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := l.complete(args); err != nil {
				return exit.With(exit.Usage, err)
			}
			return l.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	l.selection.addFlags(f)
	f.IntVar(&l.limit, "limit", 100, "how many to list at most; 0: all")
	l.options.addFlags(cmd)
	return cmd
}

func newShowCommand() *cobra.Command {
	var s show
	cmd := &cobra.Command{
		Use:                   "show {WEBHOOK | --url URL} [RECEIVER/]ID",
		Short:                 "Show a dead letter with its headers and its body",
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := s.complete(args); err != nil {
				return exit.With(exit.Usage, err)
			}
			return s.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&s.body, "body", false, "print the body only, byte for byte")
	s.options.addFlags(cmd)
	return cmd
}

func newReplayCommand() *cobra.Command {
	m := move{verb: replaying}
	cmd := newMoveCommand(&m, "replay {WEBHOOK | --url URL} {SELECTION | --all}", "Send dead letters to their sinks again",
		`Send dead letters to their sinks again, oldest first and with their attempts counted anew.

A dead letter is removed once it is stored for its sink again. What an interruption leaves is still there, and the same
command again goes on with it.`)
	cmd.Flags().Float64Var(&m.rate, "rate", 0, "how many a second at most, of all receivers together (default: as fast as they are stored)")
	m.options.addFlags(cmd)
	return cmd
}

func newPurgeCommand() *cobra.Command {
	m := move{verb: purging}
	cmd := newMoveCommand(&m, "purge {WEBHOOK | --url URL} {SELECTION | --all}", "Remove dead letters for good",
		"Remove dead letters for good. Without --yes it only shows which ones it would remove, and fails.")
	cmd.Flags().BoolVar(&m.yes, "yes", false, "really do it")
	m.options.addFlags(cmd)
	return cmd
}

func newMoveCommand(m *move, use, short, long string) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   use,
		Short:                 short,
		Long:                  long,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := m.complete(args, cmd.Flags()); err != nil {
				return exit.With(exit.Usage, err)
			}
			return m.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	m.selection.addFlags(f)
	f.BoolVar(&m.all, "all", false, "every dead letter")
	f.BoolVar(&m.dryRun, "dry-run", false, "show which ones it would be about, and change nothing")
	return cmd
}
