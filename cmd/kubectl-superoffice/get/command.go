// SPDX-License-Identifier: Apache-2.0

package get

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

const example = `  # all of the namespace, and of all namespaces
  kubectl superoffice get
  kubectl superoffice get -A

  # go on and show each change
  kubectl superoffice get -n sales -w

  # names of those that are not ready, for a script
  kubectl superoffice get -A -o json | jq -r '.[] | select(.ready != "True") | .namespace + "/" + .name'`

// options are the command line.
type options struct {
	access   resource.Access
	names    []string
	all      bool
	selector string
	watch    bool
	output   output.Format

	matching labels.Selector
}

// NewCommand returns the command "get".
func NewCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "get [WEBHOOK...]",
		Short: "Show all SuperOfficeWebhooks at a glance",
		Long: `Show all SuperOfficeWebhooks at a glance: whether each is ready and why, how many deliveries are pending and for how long the
oldest, how many dead letters there are, and when the last event came.

The figures are those of the resources' status; the operator refreshes them about every 30 seconds.`,
		Example:               example,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(args); err != nil {
				return exit.With(exit.Usage, err)
			}
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVarP(&o.all, "all-namespaces", "A", false, "those of all namespaces")
	f.StringVarP(&o.selector, "selector", "l", "", "those with these labels, like team=sales")
	f.BoolVarP(&o.watch, "watch", "w", false, "go on and show each change, until interrupted")
	o.access.AddFlags(f)
	o.output.AddFlag(cmd, output.Wide, output.JSON, output.YAML)
	o.access.Complete(cmd, 0)
	return cmd
}

func (o *options) complete(args []string) (err error) {
	o.names = args
	if o.matching, err = labels.Parse(o.selector); err != nil {
		return fmt.Errorf("--selector: %w", err)
	}
	switch {
	case o.all && o.access.Namespace != "":
		return errors.New("--all-namespaces and --namespace exclude each other")
	case len(args) > 0 && o.all:
		return errors.New("names are of one namespace: leave out --all-namespaces")
	case len(args) > 0 && o.selector != "":
		return errors.New("name SuperOfficeWebhooks or give --selector, not both")
	case o.watch && o.output.ForScripts():
		return errors.New("--watch is for people: leave out --output")
	}
	return nil
}

func (o *options) run(ctx context.Context, stdout, stderr io.Writer) error {
	cluster, err := o.access.Connect()
	if err != nil {
		return err
	}
	found, err := o.find(ctx, cluster)
	if err != nil {
		return err
	}
	if err := o.write(stdout, found.rows(time.Now())); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	if len(found.Items) == 0 && !o.output.ForScripts() {
		fmt.Fprintf(stderr, "There are no SuperOfficeWebhooks %s.\n", o.where(cluster))
	}
	if o.watch {
		return o.follow(ctx, cluster, found, stdout)
	}
	return nil
}

// list is what was found.
type list struct {
	v1alpha1.SuperOfficeWebhookList
}

func (l *list) rows(now time.Time) []row {
	rows := make([]row, len(l.Items))
	for i := range l.Items {
		rows[i] = rowOf(&l.Items[i], now)
	}
	return rows
}

func (o *options) find(ctx context.Context, cluster *resource.Cluster) (*list, error) {
	var found list
	if len(o.names) > 0 {
		for _, name := range o.names {
			webhook, err := resource.Get(ctx, cluster.Client, client.ObjectKey{Namespace: cluster.Namespace, Name: name})
			if err != nil {
				return nil, err
			}
			found.Items = append(found.Items, *webhook)
		}
		return &found, nil
	}
	return &found, resource.List(ctx, cluster.Client, &found.SuperOfficeWebhookList, o.scope(cluster)...)
}

func (o *options) scope(cluster *resource.Cluster) []client.ListOption {
	scope := []client.ListOption{client.MatchingLabelsSelector{Selector: o.matching}}
	if !o.all {
		scope = append(scope, client.InNamespace(cluster.Namespace))
	}
	return scope
}

func (o *options) where(cluster *resource.Cluster) string {
	where := "in namespace " + cluster.Namespace
	if o.all {
		where = "in any namespace"
	}
	if o.selector != "" {
		where += " with these labels"
	}
	return where
}
