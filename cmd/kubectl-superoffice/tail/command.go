// SPDX-License-Identifier: Apache-2.0

package tail

import (
	"context"
	"errors"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/receiver/feed"
)

const example = `  # whatever happens, until Ctrl-C
  kubectl superoffice tail crm -n sales

  # what is refused, and what sinks do not take
  kubectl superoffice tail crm -n sales --failed

  # the next ten deliveries to a sink, for a script, with bodies
  kubectl superoffice tail crm -n sales --sink erp --limit 10 --bodies -o json

  # a receiver without Kubernetes
  kubectl superoffice tail --url http://127.0.0.1:8081`

type options struct {
	access resource.Access
	name   string
	urls   []string
	sink   string
	event  string
	failed bool
	bodies bool
	limit  int
	during time.Duration
	output output.Format
}

// NewCommand returns the command "tail".
func NewCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "tail {WEBHOOK | --url URL}",
		Short: "Show events as they pass",
		Long: `Show events as they pass: each request with the answer that it got and why, and each attempt to deliver with what became of it, of
all receivers. What happened before is not shown: see status, and dead-letters.

It slows nothing down. A receiver that has more to tell than can be read drops the listener, which is told; it listens again then.
Bodies hold personal data and are shown only with --bodies; those of requests whose signature did not verify never are.`,
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
	f.StringVar(&o.sink, "sink", "", "only deliveries to this sink")
	f.StringVar(&o.event, "event", "", "only events of this name, like activity.created")
	f.BoolVar(&o.failed, "failed", false, "only what was not answered with 200, and what a sink did not take")
	f.BoolVar(&o.bodies, "bodies", false, "with the bodies")
	f.IntVar(&o.limit, "limit", 0, "end after so many (default: go on until interrupted)")
	f.DurationVar(&o.during, "for", 0, "end after this time, like 5m (default: go on until interrupted)")
	f.StringArrayVar(&o.urls, "url", nil, "admin port of a receiver, instead of a SuperOfficeWebhook; may be repeated")
	o.access.AddFlags(f)
	o.output.AddFlag(cmd, output.JSON)
	o.access.Complete(cmd, 1)
	return cmd
}

func (o *options) complete(args []string) error {
	switch {
	case len(args) > 1:
		return errors.New("name one SuperOfficeWebhook")
	case len(args) == 0 && len(o.urls) == 0:
		return errors.New("name the SuperOfficeWebhook whose receivers to listen to, or give --url")
	case len(o.urls) > 0 && (len(args) > 0 || o.access.Given()):
		return errors.New("a name, --namespace, --context, --kubeconfig and --request-timeout are for a SuperOfficeWebhook and exclude --url")
	case o.limit < 0:
		return errors.New("--limit must not be below 0")
	case o.during < 0:
		return errors.New("--for must not be below 0")
	}
	if len(args) == 1 {
		o.name = args[0]
	}
	return o.checkURLs()
}

func (o *options) checkURLs() error {
	for _, text := range o.urls {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" {
			return errors.New(`--url must be an http or https URL without a query, like "http://127.0.0.1:8081"`)
		}
	}
	return nil
}

// wants tells whether something is to be shown.
func (o *options) wants(e feed.Event) bool {
	switch {
	case o.sink != "" && e.Sink != o.sink, o.event != "" && e.Event != o.event:
		return false
	case o.failed && e.Stage == feed.Intake:
		return e.Status != 200
	case o.failed && e.Stage == feed.Delivery:
		return e.Result != feed.Delivered
	}
	return true
}

func (o *options) run(ctx context.Context, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.during > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, o.during)
		defer stop()
	}
	from, err := o.sources(ctx)
	if err != nil {
		return err
	}
	heard := newListeners(from, o.bodies)
	defer heard.wait()
	defer cancel() // before the wait
	switch err := heard.begin(ctx); {
	case ctx.Err() != nil: // it was to end before it began
		return nil
	case err != nil:
		return err
	}
	return o.show(ctx, heard, &printer{w: stdout, notes: stderr, palette: output.PaletteOf(stdout), json: o.output == output.JSON, bodies: o.bodies})
}

// show ends with the context, which is how it is meant to end, or after as many as were wanted.
func (o *options) show(ctx context.Context, heard *listeners, p *printer) error {
	shown := 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case n := <-heard.notes:
			p.note(n)
		case e := <-heard.events:
			if e.Stage == feed.Dropped {
				p.note("receiver " + e.Receiver + " had more to tell than was read: something is missing here")
				continue
			}
			if !o.wants(e.Event) {
				continue
			}
			if err := p.print(e); err != nil {
				return err
			}
			if shown++; shown == o.limit {
				return nil
			}
		}
	}
}
