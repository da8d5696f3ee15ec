// SPDX-License-Identifier: Apache-2.0

// Package reconcile is "kubectl superoffice reconcile": it asks the operator to look at resources now, by an annotation that
// it watches. Nothing has to be asked for in order to work; it saves the wait for the next look after something was mended.
package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

const example = `  # the sink is mended, or the name that was taken is free: look now
  kubectl superoffice reconcile crm -n sales

  kubectl superoffice reconcile --all -n sales

  # in a script: go on once it is ready, or fail and say why it is not
  kubectl superoffice reconcile crm -n sales --wait --timeout=2m`

type options struct {
	access  resource.Access
	several resource.Several
	output  output.Format
	wait    bool
	timeout time.Duration
}

// request is what was asked for; as JSON for scripts.
type request struct {
	Namespace   string    `json:"namespace"`
	Name        string    `json:"name"`
	RequestedAt time.Time `json:"requestedAt"`
	// Ready and Message are what the operator found, where that was waited for.
	Ready   bool   `json:"ready,omitempty"`
	Message string `json:"message,omitempty"`
	Error   string `json:"error,omitempty"`
}

// NewCommand returns the command "reconcile".
func NewCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "reconcile {WEBHOOK... | --all | -l SELECTOR}",
		Short: "Ask the operator to look now",
		Long: `Ask the operator to look at SuperOfficeWebhooks now, instead of at its next interval: the annotation
` + v1alpha1.AnnotationRequestedAt + ` becomes the time.

With --wait the command ends once the operator has looked and found all of them Ready, with 0. It ends with 1 and says what is
wrong as soon as only a change of yours can help (Stalled), or when the time is over; with 3 where the operator did not look.`,
		Example:               example,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.several.Complete(args); err != nil {
				return exit.With(exit.Usage, err)
			}
			if cmd.Flags().Changed("timeout") && !o.wait {
				return exit.Errorf(exit.Usage, "--timeout is for --wait")
			}
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.several.AddFlags(f)
	f.BoolVar(&o.wait, "wait", false, "wait until they are ready")
	f.DurationVar(&o.timeout, "timeout", 5*time.Minute, "with --wait: for how long")
	o.access.AddFlags(f)
	o.output.AddFlag(cmd, output.JSON, output.YAML)
	o.access.Complete(cmd, 0)
	return cmd
}

func (o *options) run(ctx context.Context, stdout io.Writer) error {
	cluster, err := o.access.Connect()
	if err != nil {
		return err
	}
	found, err := o.several.Find(ctx, cluster)
	if err != nil {
		return err
	}
	done := make([]request, len(found))
	failures := make([]error, len(found))
	for i := range found {
		done[i] = request{Namespace: found[i].Namespace, Name: found[i].Name, RequestedAt: time.Now().UTC()}
		failures[i] = resource.Patch(ctx, cluster, &found[i], patch(done[i].RequestedAt))
		o.tell(stdout, &done[i], failures[i], "the operator is asked to look now")
	}
	if o.wait {
		waiting, cancel := context.WithTimeout(ctx, o.timeout)
		defer cancel()
		for i := range done {
			if failures[i] == nil {
				failures[i] = done[i].await(ctx, waiting.Done(), cluster.Client)
				o.tell(stdout, &done[i], failures[i], "ready: "+done[i].Message)
			}
		}
	}
	if o.output.ForScripts() {
		if err := o.output.Document(stdout, done); err != nil {
			return fmt.Errorf("write what was done: %w", err)
		}
	}
	failures = slices.DeleteFunc(failures, func(err error) bool { return err == nil })
	return exit.Joined(failures, len(found))
}

// tell notes what has failed, which the error of the command tells people, and tells them what has not.
func (o *options) tell(w io.Writer, r *request, err error, what string) {
	switch {
	case err != nil:
		r.Error = err.Error()
	case !o.output.ForScripts():
		fmt.Fprintf(w, "superofficewebhook/%s: %s\n", r.Name, what)
	}
}

func patch(at time.Time) []byte {
	value := map[string]any{"metadata": map[string]any{"annotations": map[string]string{v1alpha1.AnnotationRequestedAt: at.Format(time.RFC3339Nano)}}}
	text, _ := json.Marshal(value) // can't fail: strings
	return text
}
