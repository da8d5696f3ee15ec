// SPDX-License-Identifier: Apache-2.0

// Package render is "kubectl superoffice render": which objects the operator would apply for a SuperOfficeWebhook, from a
// file or from the cluster. It calls the code that the operator calls, and changes nothing.
package render

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/controllers/render"
)

const repository = "ghcr.io/superoffice-webhook/receiver"

const example = `  # before it is applied, without a cluster
  kubectl superoffice render -f webhook.yaml

  # what is to be of one that is there, as against what is
  kubectl superoffice render crm -n sales | kubectl diff -f -

  # the configuration of its receivers only
  kubectl superoffice render crm -n sales -o json | jq -r '.items[] | select(.kind == "ConfigMap") | .data["receiver.yaml"]'`

type options struct {
	access  resource.Access
	name    string
	file    string
	image   string
	version string
	own     string // version of the plugin
	output  output.Format
}

// NewCommand returns the command "render". The version is the plugin's.
func NewCommand(version string) *cobra.Command {
	o := options{own: version, output: output.YAML}
	cmd := &cobra.Command{
		Use:   "render {WEBHOOK | -f FILE}",
		Short: "Show which objects the operator would apply",
		Long: `Show which objects the operator would apply for a SuperOfficeWebhook that is there, or for each in a file, by the rules of this
plugin's version. For one that is there the image and the label with the version are those of its receivers. Nothing is changed, and
no Secret is read. What a file leaves out has the defaults; its other rules are checked when it is applied (kubectl apply
--dry-run=server). Objects for a file have no owner, because it has no UID yet.
For a member of a pool, what it shares with all members that are there, or in the file, comes last.
Sinks that refer to an object are shown as they are while that object is missing: only the operator asks for it.`,
		Example:               example,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(args); err != nil {
				return exit.With(exit.Usage, err)
			}
			return o.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.file, "filename", "f", "", `file with SuperOfficeWebhooks, a List of them, too; "-" for standard input. Other objects in it are passed over`)
	f.StringVar(&o.image, "image", "", "image of receivers that name none; the operator's --receiver-image (default: what its receivers have, and without any "+repository+":"+version+")")
	f.StringVar(&o.version, "version", "", "version in the label app.kubernetes.io/version (default: what its receivers have, and without any "+version+")")
	o.access.AddFlags(f)
	o.output.AddFlag(cmd, output.YAML, output.JSON)
	o.access.Complete(cmd, 1)
	return cmd
}

func (o *options) complete(args []string) error {
	switch {
	case len(args) > 1:
		return errors.New("name one SuperOfficeWebhook")
	case len(args) == 1 && o.file != "":
		return errors.New("name a SuperOfficeWebhook or give --filename, not both")
	case len(args) == 0 && o.file == "":
		return errors.New("name the SuperOfficeWebhook to render, or give --filename")
	}
	if len(args) == 1 {
		o.name = args[0]
	}
	return nil
}

func (o *options) run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	webhooks, pools, err := o.read(ctx, stdin, stderr)
	if err != nil {
		return err
	}
	var all []map[string]any
	for _, w := range webhooks {
		objects, err := o.render(w)
		if err != nil {
			return exit.Errorf(exit.Wrong, "SuperOfficeWebhook %s: %w", w.Name, err)
		}
		all = append(all, objects...)
	}
	for _, members := range pools {
		objects, err := o.renderPool(members)
		if err != nil {
			return exit.Errorf(exit.Wrong, "pool %s: %w", members[0].Spec.Receiver.Pool, err)
		}
		all = append(all, objects...)
	}
	if err := o.write(stdout, all); err != nil {
		return fmt.Errorf("write the objects: %w", err)
	}
	return nil
}

func (o *options) render(w *v1alpha1.SuperOfficeWebhook) ([]map[string]any, error) {
	objects, err := render.Webhook(w, o.options(), unresolved(w), render.Live{})
	if err != nil {
		return nil, err
	}
	return plain(objects, w)
}

// renderPool renders what the members of a pool share.
func (o *options) renderPool(webhooks []*v1alpha1.SuperOfficeWebhook) ([]map[string]any, error) {
	var members []render.Member
	for _, w := range webhooks {
		members = append(members, render.Member{SuperOfficeWebhook: w, Targets: unresolved(w)})
	}
	objects, err := render.Pool(members, render.Agree(webhooks, o.options()), o.options())
	if err != nil {
		return nil, err
	}
	return plain(objects, webhooks[0])
}

func (o *options) options() render.Options {
	return render.Options{Image: cmp.Or(o.image, repository+":"+o.own), Version: cmp.Or(o.version, o.own)}
}

// plain are objects as they are applied for a resource, or for several of its kind.
func plain(objects *render.Objects, w *v1alpha1.SuperOfficeWebhook) ([]map[string]any, error) {
	var all []map[string]any
	for _, object := range slices.Concat(objects.All(), objects.Ways()) {
		encoded, _, err := render.Encode(object)
		if err != nil {
			return nil, err
		}
		plain := encoded.Object
		if metadata, ok := plain["metadata"].(map[string]any); ok && w.UID == "" {
			delete(metadata, "ownerReferences") // one without a UID means nobody
			if w.Namespace == "" {
				delete(metadata, "namespace")
			}
		}
		all = append(all, plain)
	}
	return all, nil
}

// unresolved are targets that nobody has looked for.
func unresolved(w *v1alpha1.SuperOfficeWebhook) render.Targets {
	targets := render.Targets{}
	for _, s := range w.Spec.Sinks {
		if s.HTTP != nil && s.HTTP.Ref != nil {
			targets[s.Name] = render.Target{WaitingFor: fmt.Sprintf("%s %q", s.HTTP.Ref.Kind, s.HTTP.Ref.Name)}
		}
	}
	return targets
}

func (o *options) write(w io.Writer, all []map[string]any) error {
	if o.output == output.JSON {
		return o.output.Document(w, map[string]any{"apiVersion": "v1", "kind": "List", "items": all})
	}
	for i, object := range all {
		text, err := yaml.Marshal(object)
		if err != nil {
			return err
		}
		separator := ""
		if i > 0 {
			separator = "---\n"
		}
		if _, err := io.WriteString(w, separator+string(text)); err != nil {
			return err
		}
	}
	return nil
}
