// SPDX-License-Identifier: Apache-2.0

// Package reconcile is "kubectl superoffice reconcile": it asks the operator to look at resources now, by an annotation that
// it watches. Nothing has to be asked for in order to work; it saves the wait for the next look after something was mended.
package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

const example = `  # the sink is mended, or the name that was taken is free: look now
  kubectl superoffice reconcile crm -n sales

  kubectl superoffice reconcile --all -n sales`

type options struct {
	access  resource.Access
	several resource.Several
	output  output.Format
}

// request is what was asked for; as JSON for scripts.
type request struct {
	Namespace   string    `json:"namespace"`
	Name        string    `json:"name"`
	RequestedAt time.Time `json:"requestedAt"`
	Error       string    `json:"error,omitempty"`
}

// NewCommand returns the command "reconcile".
func NewCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "reconcile {WEBHOOK... | --all | -l SELECTOR}",
		Short: "Ask the operator to look now",
		Long: `Ask the operator to look at SuperOfficeWebhooks now, instead of at its next interval: the annotation
` + v1alpha1.AnnotationRequestedAt + ` becomes the time.`,
		Example:               example,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.several.Complete(args); err != nil {
				return exit.With(exit.Usage, err)
			}
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.several.AddFlags(f)
	o.access.AddFlags(f)
	o.output.AddFlag(f, output.JSON, output.YAML)
	o.access.Complete(cmd, 0)
	output.Complete(cmd, output.JSON, output.YAML)
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
	var done []request
	var failures []error
	for i := range found {
		w, r := &found[i], request{Namespace: found[i].Namespace, Name: found[i].Name, RequestedAt: time.Now().UTC()}
		if err := resource.Patch(ctx, cluster, w, patch(r.RequestedAt)); err != nil {
			r.Error = err.Error()
			failures = append(failures, err)
		}
		done = append(done, r)
	}
	if err := o.write(stdout, done); err != nil {
		return fmt.Errorf("write what was done: %w", err)
	}
	return exit.Joined(failures, len(found))
}

func patch(at time.Time) []byte {
	value := map[string]any{"metadata": map[string]any{"annotations": map[string]string{v1alpha1.AnnotationRequestedAt: at.Format(time.RFC3339Nano)}}}
	text, _ := json.Marshal(value) // can't fail: strings
	return text
}

func (o *options) write(w io.Writer, done []request) error {
	if o.output.ForScripts() {
		return o.output.Document(w, done)
	}
	for _, r := range done {
		if r.Error != "" {
			continue // the error of the command tells
		}
		if _, err := fmt.Fprintf(w, "superofficewebhook/%s: the operator is asked to look now\n", r.Name); err != nil {
			return err
		}
	}
	return nil
}
