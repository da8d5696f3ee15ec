// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

const example = `  # everything about one, with advice
  kubectl superoffice status crm -n sales

  # without asking the receivers: no right to forward ports is needed
  kubectl superoffice status crm -n sales --offline

  # for a script: the lag of a sink in seconds is oldestPendingTime until now
  kubectl superoffice status crm -n sales -o json | jq '.sinks[] | {name, state, pending}'`

type options struct {
	access  resource.Access
	name    string
	offline bool
	output  output.Format
}

// NewCommand returns the command "status".
func NewCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "status WEBHOOK",
		Short: "Show one SuperOfficeWebhook in depth, with advice",
		Long: `Show one SuperOfficeWebhook in depth: its conditions, each receiver with its queue, each sink with its lag and its last error,
the slots of the shared secret, the last refused request, and what to do about what is wrong.

The receivers are asked now, each through a forwarded port. The exit code is 1 when somebody has to act.`,
		Example:               example,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return exit.With(exit.Usage, errors.New("name one SuperOfficeWebhook"))
			}
			o.name = args[0]
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.offline, "offline", false, "do not ask the receivers")
	o.access.AddFlags(f)
	o.output.AddFlag(cmd, output.JSON, output.YAML)
	o.access.Complete(cmd, 1)
	return cmd
}

func (o *options) run(ctx context.Context, stdout io.Writer) error {
	cluster, err := o.access.Connect()
	if err != nil {
		return err
	}
	found, err := o.look(ctx, cluster)
	if err != nil {
		return err
	}
	write := found.writeText
	if o.output.ForScripts() {
		write = func(w io.Writer) error { return o.output.Document(w, found) }
	}
	if err := write(stdout); err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	return found.verdict()
}

func (o *options) look(ctx context.Context, cluster *resource.Cluster) (*report, error) {
	name := client.ObjectKey{Namespace: cluster.Namespace, Name: o.name}
	webhook, err := resource.Get(ctx, cluster.Client, name)
	if err != nil {
		return nil, err
	}
	var receivers []resource.Receiver
	var unasked error
	if !o.offline {
		receivers, unasked = resource.Receivers(ctx, cluster, webhook)
	}
	slots, unreadable := resource.Slots(ctx, cluster.Client, webhook)
	found := newReport(webhook, receivers, time.Now())
	found.addSlots(slots, unreadable, receivers)
	found.advise()
	if unasked != nil {
		found.adviseUnasked("receivers", unasked)
	}
	return found, nil
}
