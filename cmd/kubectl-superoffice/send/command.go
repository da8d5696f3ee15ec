// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
)

const example = `  # one activity.created event, as the documentation shows it, to the receiver of the SuperOfficeWebhook "crm"
  kubectl superoffice send crm -n sales

  # all three events of an activity
  kubectl superoffice send crm -n sales activity.created activity.changed activity.deleted

  # the test event that SuperOffice sends when a webhook is saved
  kubectl superoffice send crm -n sales --test

  # a forged event: succeeds when it is refused
  kubectl superoffice send crm -n sales --forge

  # 10000 different events, 200 per second, trying again as SuperOffice does
  kubectl superoffice send crm -n sales -n 10000 --rate 200 --retry

  # the same event twice
  kubectl superoffice send crm -n sales -n 2 --fresh=false

  # a body of your own to a receiver without Kubernetes
  kubectl superoffice send --url http://127.0.0.1:8080/webhook --secret-file config/samples/secret -f body.json`

// NewCommand returns the command "send".
func NewCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "send {WEBHOOK | --url URL} [SAMPLE...]",
		Short: "Post events as SuperOffice would",
		Long: `Post events as SuperOffice would: with its headers, and signed over the exact bytes.

What is posted are samples of SuperOffice's documentation, by the event's name (activity.created when none is given;
also activity.changed, activity.deleted, test and others like contact.changed), or a file. Bodies are posted byte for byte
unless --count or --fresh asks for new events; a receiver stores a repeated event only once.

With the name of a SuperOfficeWebhook, its Secret is read and a port is forwarded to one of its ready receiver pods, both
through the API server. --secret-file and --secret-env replace its Secret.

The command fails unless every event was answered with 200, or with 401 when it was forged.`,
		Example:               example,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(args, cmd.Flags().Changed("fresh")); err != nil {
				return exit.With(exit.Usage, err)
			}
			return o.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *options) run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	messages, err := o.messages(stdin)
	if err != nil {
		return err
	}
	target, err := o.target(ctx, stderr)
	if err != nil {
		return err
	}
	report := o.post(ctx, messages, target, stderr)
	lost := target.close()
	if err := report.write(stdout, o.output); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	return errors.Join(lost, verdict(ctx, report, o.total(messages)))
}

func (o *options) total(messages []message) int {
	if o.count > 0 {
		return o.count
	}
	return len(messages)
}

func (o *options) post(ctx context.Context, messages []message, target target, stderr io.Writer) *report {
	wanted := http.StatusOK
	if o.forge {
		wanted = http.StatusUnauthorized
	}
	transport := newTransport(o.concurrency, target.tls)
	defer transport.CloseIdleConnections()
	p := &poster{transport: transport, url: target.url, sign: target.sign, timeout: o.timeout, wanted: wanted}
	if o.retry {
		p.retries = superOfficeRetries
	}
	l := load{
		messages: messages, count: o.total(messages), fresh: o.fresh, perSecond: o.rate, concurrency: o.concurrency,
	}
	if !output.IsTerminal(stderr) {
		stderr = io.Discard
	}
	report, bar, start := newReport(target.name, wanted), newProgress(stderr, l.count), time.Now()
	l.run(ctx, p, func(a answer) {
		report.add(a)
		bar.add()
	})
	bar.close()
	report.close(time.Since(start))
	return report
}

// verdict is the error that makes the command fail.
func verdict(ctx context.Context, r *report, total int) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted after %d of %d events", r.Events, total)
	case r.Unexpected > 0:
		return exit.Errorf(exit.Wrong, "%d of %d events were not answered with %s", r.Unexpected, r.Events, statusText(fmt.Sprint(r.wanted)))
	}
	return nil
}
