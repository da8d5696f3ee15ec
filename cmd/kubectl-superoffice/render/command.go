// SPDX-License-Identifier: Apache-2.0

// Package render is "kubectl superoffice render": which objects the operator would apply for a SuperOfficeWebhook, from a
// file or from the cluster. It calls the code that the operator calls, and changes nothing.
package render

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
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
	output  output.Format
}

// NewCommand returns the command "render". The version is the plugin's.
func NewCommand(version string) *cobra.Command {
	o := options{output: output.YAML}
	cmd := &cobra.Command{
		Use:   "render {WEBHOOK | -f FILE}",
		Short: "Show which objects the operator would apply",
		Long: `Show which objects the operator would apply for a SuperOfficeWebhook that is there, or for each in a file, by the rules of this
plugin's version. Nothing is changed, and no Secret is read. What a file leaves out has the defaults; its other rules are checked
when it is applied (kubectl apply --dry-run=server). Objects for a file have no owner, because it has no UID yet.
Sinks that refer to an object are shown as they are while that object is missing: only the operator asks for it.`,
		Example:               example,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(args); err != nil {
				return exit.With(exit.Usage, err)
			}
			return o.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.file, "filename", "f", "", `file with SuperOfficeWebhooks; "-" for standard input. Other objects in it are passed over`)
	f.StringVar(&o.image, "image", repository+":"+version, "image of receivers that name none; the operator's --receiver-image")
	f.StringVar(&o.version, "version", version, "version in the label app.kubernetes.io/version")
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

func (o *options) run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	webhooks, err := o.read(ctx, stdin)
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
	if err := o.write(stdout, all); err != nil {
		return fmt.Errorf("write the objects: %w", err)
	}
	return nil
}

func (o *options) read(ctx context.Context, stdin io.Reader) ([]*v1alpha1.SuperOfficeWebhook, error) {
	if o.file == "" {
		cluster, err := o.access.Connect()
		if err != nil {
			return nil, err
		}
		w, err := resource.Get(ctx, cluster.Client, client.ObjectKey{Namespace: cluster.Namespace, Name: o.name})
		return []*v1alpha1.SuperOfficeWebhook{w}, err
	}
	var text []byte
	var err error
	if o.file == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(o.file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	return parse(text, o.access.Namespace)
}

// parse reads the SuperOfficeWebhooks of a file, strict about their fields.
func parse(text []byte, namespace string) ([]*v1alpha1.SuperOfficeWebhook, error) {
	var found []*v1alpha1.SuperOfficeWebhook
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, exit.Errorf(exit.Wrong, "the file is no YAML: %w", err)
		}
		var kind struct{ APIVersion, Kind string }
		if err := yaml.Unmarshal(document, &kind); err != nil {
			return nil, exit.Errorf(exit.Wrong, "the file is no YAML: %w", err)
		}
		if kind.Kind != "SuperOfficeWebhook" || kind.APIVersion != v1alpha1.GroupVersion.String() {
			continue
		}
		w := &v1alpha1.SuperOfficeWebhook{}
		if err := yaml.UnmarshalStrict(document, w); err != nil {
			return nil, exit.Errorf(exit.Wrong, "a SuperOfficeWebhook in the file: %w", err)
		}
		if w.Namespace == "" {
			w.Namespace = namespace
		}
		found = append(found, w)
	}
	if len(found) == 0 {
		return nil, exit.Errorf(exit.Wrong, "there is no SuperOfficeWebhook (%s) in the file", v1alpha1.GroupVersion)
	}
	return found, nil
}

func (o *options) render(w *v1alpha1.SuperOfficeWebhook) ([]map[string]any, error) {
	objects, err := render.Webhook(w, render.Options{Image: o.image, Version: o.version}, unresolved(w))
	if err != nil {
		return nil, err
	}
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
