// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

const example = `  # a request that was captured, against the Secret of the SuperOfficeWebhook "crm"
  kubectl superoffice verify crm -n sales -f body.json --signature 'X1FmmRIXuzH8o0MDanva1lnuNZXoix6M0US1S64s+e8='

  # perhaps the signature belongs to another of the captured bodies
  kubectl superoffice verify crm -n sales -f body1.json --other body2.json --other body3.json --signature "$(cat signature)"

  # with a secret in a file, without Kubernetes
  kubectl superoffice verify -f body.json --signature-file signature --secret-file secret`

type options struct {
	access        resource.Access
	name          string
	secret        resource.SecretSource
	file          string
	signature     string
	signatureFile string
	others        []string
	output        output.Format
}

// NewCommand returns the command "verify".
func NewCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "verify {WEBHOOK | --secret-file FILE} -f BODY --signature VALUE",
		Short: "Find out why a signature does not match",
		Long: `Find out why a signature does not match: a body as it was received, byte for byte, and the value of the header
X-SuperOffice-Signature are held against the secrets of a SuperOfficeWebhook, or one given.

Where they do not match, it tries what is known to go wrong: other readings of the signature (hex, base64 for URLs, spaces), other
forms of the secret (a line break at its end, quotation marks, base64), other forms of the body (line ends, a byte order mark,
JSON that was decoded and encoded again, compression), the slot of the former secret, and two of these together. It tells which
of them explains the signature. It never prints the expected signature or a secret.

The exit code is 0 when the signature matches as it is, and 1 when it does not.`,
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
	f.StringVarP(&o.file, "filename", "f", "", `file with the body as it was received; "-" for standard input`)
	f.StringVar(&o.signature, "signature", "", "value of the header X-SuperOffice-Signature")
	f.StringVar(&o.signatureFile, "signature-file", "", "file with that value, used byte for byte")
	f.StringArrayVar(&o.others, "other", nil, "file with another body that it may be the signature of; may be repeated")
	o.secret.AddFlags(f)
	o.access.AddFlags(f)
	o.output.AddFlag(cmd, output.JSON, output.YAML)
	o.access.Complete(cmd, 1)
	return cmd
}

func (o *options) complete(args []string) error {
	switch err := o.secret.Check(); {
	case err != nil:
		return err
	case len(args) > 1:
		return errors.New("name one SuperOfficeWebhook")
	case len(args) == 0 && !o.secret.Given():
		return errors.New("name the SuperOfficeWebhook whose secret to verify with, or give --secret-file or --secret-env")
	case len(args) == 1 && o.secret.Given():
		return errors.New("name a SuperOfficeWebhook or give a secret, not both")
	case o.file == "":
		return errors.New("give the body with --filename")
	case o.signature != "" && o.signatureFile != "":
		return errors.New("--signature and --signature-file exclude each other")
	case o.signature == "" && o.signatureFile == "":
		return errors.New("give the value of the header X-SuperOffice-Signature with --signature or --signature-file")
	}
	if len(args) == 1 {
		o.name = args[0]
	}
	return nil
}

func (o *options) run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	q, err := o.question(ctx, stdin)
	if err != nil {
		return err
	}
	d := q.diagnose()
	write := d.writeText
	if o.output.ForScripts() {
		write = func(w io.Writer) error { return o.output.Document(w, d) }
	}
	if err := write(stdout); err != nil {
		return fmt.Errorf("write the diagnosis: %w", err)
	}
	if !d.Matches {
		return exit.Errorf(exit.Wrong, "the signature does not match")
	}
	return nil
}

func (o *options) question(ctx context.Context, stdin io.Reader) (*question, error) {
	q := &question{signature: o.signature}
	var err error
	if o.signatureFile != "" {
		text, err := os.ReadFile(o.signatureFile)
		if err != nil {
			return nil, fmt.Errorf("read the signature: %w", err)
		}
		q.signature = string(text)
	}
	if o.file == "-" {
		q.body, err = io.ReadAll(stdin)
	} else {
		q.body, err = os.ReadFile(o.file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	for _, file := range o.others {
		other, err := os.ReadFile(file) //nolint:gosec // the user names it
		if err != nil {
			return nil, fmt.Errorf("read another body: %w", err)
		}
		q.others = append(q.others, variant[[]byte]{other, "it is the signature of another body, " + filepath.Base(file)})
	}
	q.slots, err = o.slots(ctx)
	return q, err
}

func (o *options) slots(ctx context.Context) ([]resource.Slot, error) {
	if o.secret.Given() {
		value, err := o.secret.Read()
		return []resource.Slot{resource.NewSlot("given", "", value)}, err
	}
	cluster, err := o.access.Connect()
	if err != nil {
		return nil, err
	}
	webhook, err := resource.Get(ctx, cluster.Client, client.ObjectKey{Namespace: cluster.Namespace, Name: o.name})
	if err != nil {
		return nil, err
	}
	return resource.Slots(ctx, cluster.Client, webhook)
}
