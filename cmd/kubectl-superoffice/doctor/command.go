// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

const example = `  # the installation
  kubectl superoffice doctor

  # one webhook, all the way from the URL that is registered in SuperOffice
  kubectl superoffice doctor crm -n sales --url https://hooks.example.com/webhook

  # from a machine outside, without Kubernetes
  kubectl superoffice doctor --url https://hooks.example.com/webhook --secret-file secret`

type options struct {
	access  resource.Access
	name    string
	secret  resource.SecretSource
	url     string
	timeout time.Duration
	output  output.Format
}

// patient is what is looked at, and what was found out about it on the way.
type patient struct {
	options
	roots *x509.CertPool // nil: those of the machine
	now   time.Time

	cluster *resource.Cluster // nil: none is looked at
	silent  bool              // its API server does not answer
	webhook *v1alpha1.SuperOfficeWebhook
	slot    resource.Slot // the current secret, once it was read
	target  *url.URL      // nil: it is not known
	reached bool          // a connection can be had
}

// NewCommand returns the command "doctor".
func NewCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "doctor [WEBHOOK] [--url URL]",
		Short: "Look for what is known to break, with what to do",
		Long: `Look for what is known to break, with what to do: the API server, the installed definition and the operator, the resource's conditions,
the shared secret (never its value), the receivers and their configuration, clocks; and from here to the URL that is registered in
SuperOffice: its name, its certificate, and a signed test event that must be answered with 200, without a redirect.

Without a name it looks at the installation only. Nothing is changed, and test events are never stored. The exit code is 1 when a
check failed, and 3 when the API server does not answer.`,
		Example:               example,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(args); err != nil {
				return exit.With(exit.Usage, err)
			}
			p := &patient{options: o, now: time.Now()}
			return p.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.url, "url", "", "URL that is registered in SuperOffice (default: that of the resource's status, where it is public)")
	o.secret.AddFlags(f)
	f.DurationVar(&o.timeout, "timeout", 10*time.Second, "how long each check may take")
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
	case o.timeout <= 0:
		return errors.New("--timeout must be above 0")
	}
	if len(args) == 1 {
		o.name = args[0]
	}
	if o.url != "" {
		u, err := url.Parse(o.url)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return errors.New(`--url must be an http or https URL, like "https://hooks.example.com/webhook"`)
		}
	}
	return nil
}

// check looks at one thing. Later ones go by what earlier ones found out.
type check struct {
	name string
	look func(p *patient, ctx context.Context, f *findings)
}

var (
	ofInstallation = []check{{"api server", (*patient).apiServer}, {"definition", asking((*patient).definition)}, {"operator", asking((*patient).operator)}}
	ofResource     = []check{{"resource", asking((*patient).resource)}, {"secret", asking((*patient).secretSlots)}, {"receivers", asking((*patient).receivers)}, {"test event", asking((*patient).insideTest)}}
	ofURL          = []check{{"url", (*patient).address}, {"dns", (*patient).dns}, {"tls", (*patient).tls}, {"public test", (*patient).publicTest}}
)

// asking is for what asks the API server, which would be in vain once that did not answer.
func asking(look func(p *patient, ctx context.Context, f *findings)) func(p *patient, ctx context.Context, f *findings) {
	return func(p *patient, ctx context.Context, f *findings) {
		if p.silent {
			f.skip("", "the API server does not answer")
			return
		}
		look(p, ctx, f)
	}
}

func (p *patient) run(ctx context.Context, stdout io.Writer) error {
	var checks []check
	if p.name != "" || p.url == "" {
		var err error
		if p.cluster, err = p.access.Connect(); err != nil {
			return err
		}
		checks = ofInstallation
	}
	if p.name != "" {
		checks = append(append([]check{}, checks...), ofResource...)
	}
	if p.name != "" || p.url != "" {
		checks = append(append([]check{}, checks...), ofURL...)
	}
	if p.secret.Given() {
		value, err := p.secret.Read()
		if err != nil {
			return err
		}
		p.slot = resource.NewSlot("given", "", value)
	}
	return p.examine(ctx, checks, stdout)
}

// examine tells of each check as soon as it is done.
func (p *patient) examine(ctx context.Context, checks []check, stdout io.Writer) error {
	results := []result{}
	for _, c := range checks {
		f := &findings{check: c.name}
		bounded, cancel := context.WithTimeoutCause(ctx, p.timeout, errLate)
		c.look(p, bounded, f)
		cancel()
		if ctx.Err() != nil { // what was found then says nothing
			return errors.New("interrupted")
		}
		results = append(results, f.results...)
		if p.output.ForScripts() {
			continue
		}
		for _, r := range f.results {
			if err := r.write(stdout, output.PaletteOf(stdout)); err != nil {
				return fmt.Errorf("write the report: %w", err)
			}
		}
	}
	if p.output.ForScripts() {
		if err := p.output.Document(stdout, results); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return p.verdict(results)
}
