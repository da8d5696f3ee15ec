// SPDX-License-Identifier: Apache-2.0

package suspend

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

type options struct {
	access  resource.Access
	several resource.Several
	output  output.Format
	suspend bool
}

// outcome of one resource; as JSON for scripts.
type outcome struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Suspended bool   `json:"suspended"`
	Changed   bool   `json:"changed"`
	// KeptBy is what will put it back.
	KeptBy string `json:"keptBy,omitempty"`
	Error  string `json:"error,omitempty"`
}

// NewSuspendCommand returns the command "suspend".
func NewSuspendCommand() *cobra.Command {
	return newCommand(true, "suspend", "Stop delivery; events are accepted and kept",
		`Stop delivery: spec.suspend becomes true. Receivers go on to accept events and to store them, so SuperOffice notices nothing and
nothing is lost until the queue is full or events are too old. The operator changes nothing else meanwhile.`,
		`  # while the ERP system is down for maintenance
  kubectl superoffice suspend crm -n sales

  # all of a namespace
  kubectl superoffice suspend --all -n sales`)
}

// NewResumeCommand returns the command "resume".
func NewResumeCommand() *cobra.Command {
	return newCommand(false, "resume", "Go on with delivery",
		`Go on with delivery: spec.suspend becomes false. What was kept is delivered, oldest first.`,
		`  kubectl superoffice resume crm -n sales
  kubectl superoffice resume -l team=sales -n sales`)
}

func newCommand(suspend bool, verb, short, long, example string) *cobra.Command {
	o := options{suspend: suspend}
	cmd := &cobra.Command{
		Use:   verb + " {WEBHOOK... | --all | -l SELECTOR}",
		Short: short,
		Long: long + `

Where Argo CD, Flux or Helm keeps the resource, it will put spec.suspend back: change it in Git, or pause that as well. The command
says so where it can see it.`,
		Example:               example,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.several.Complete(args); err != nil {
				return exit.With(exit.Usage, err)
			}
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.several.AddFlags(f)
	o.access.AddFlags(f)
	o.output.AddFlag(cmd, output.JSON, output.YAML)
	o.access.Complete(cmd, 0)
	return cmd
}

func (o *options) run(ctx context.Context, stdout, stderr io.Writer) error {
	cluster, err := o.access.Connect()
	if err != nil {
		return err
	}
	found, err := o.several.Find(ctx, cluster)
	if err != nil {
		return err
	}
	var done []outcome
	var failures []error
	for i := range found {
		result, err := o.set(ctx, cluster, &found[i])
		done = append(done, result)
		if err != nil {
			failures = append(failures, err)
		}
	}
	if err := o.write(stdout, stderr, done); err != nil {
		return fmt.Errorf("write what was done: %w", err)
	}
	return exit.Joined(failures, len(found))
}

func (o *options) set(ctx context.Context, cluster *resource.Cluster, w *v1alpha1.SuperOfficeWebhook) (outcome, error) {
	result := outcome{Namespace: w.Namespace, Name: w.Name, Suspended: w.Spec.Suspend, KeptBy: keeper(w)}
	if w.Spec.Suspend == o.suspend {
		return result, nil
	}
	if err := resource.Patch(ctx, cluster, w, fmt.Appendf(nil, `{"spec":{"suspend":%t}}`, o.suspend)); err != nil {
		result.Error = err.Error()
		return result, err
	}
	result.Suspended, result.Changed = o.suspend, true
	return result, nil
}

func (o *options) write(stdout, stderr io.Writer, done []outcome) error {
	if o.output.ForScripts() {
		return o.output.Document(stdout, done)
	}
	state := "resumed"
	if o.suspend {
		state = "suspended"
	}
	for _, r := range done {
		if r.Error != "" {
			continue // the error of the command tells
		}
		was := ""
		if !r.Changed {
			was = " already"
		}
		if _, err := fmt.Fprintf(stdout, "superofficewebhook/%s is %s%s\n", r.Name, state, was); err != nil {
			return err
		}
		if r.KeptBy != "" && r.Changed {
			fmt.Fprintf(stderr, "note: %s keeps %s/%s and will put spec.suspend back: change it there\n", r.KeptBy, r.Namespace, r.Name)
		}
	}
	return nil
}
