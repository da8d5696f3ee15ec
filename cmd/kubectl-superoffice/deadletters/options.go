// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/receiver/deadletter"
)

// options are those of every command.
type options struct {
	resource string // the SuperOfficeWebhook; empty with urls
	urls     []string

	access resource.Access

	timeout time.Duration
	output  output.Format
}

// addFlags comes after the flags of a command's own, which are completed as well.
func (o *options) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.urls, "url", nil, "admin port of a receiver, instead of a SuperOfficeWebhook; may be repeated")
	o.access.AddFlags(f)
	f.DurationVar(&o.timeout, "timeout", time.Minute, "how long a receiver may take to answer")
	o.output.AddFlag(cmd, output.JSON, output.YAML)
	o.access.Complete(cmd, 1)
}

// complete takes the name of the resource off the arguments, checks what can be checked without reading anything, and
// returns the other arguments.
func (o *options) complete(args []string) ([]string, error) {
	if len(o.urls) == 0 {
		if len(args) == 0 {
			return nil, errors.New("name the SuperOfficeWebhook whose receivers to ask, or give --url")
		}
		o.resource, args = args[0], args[1:]
		if strings.Contains(o.resource, "://") {
			return nil, errors.New("name a SuperOfficeWebhook; a URL is given with --url")
		}
	} else if o.access.Given() {
		return nil, errors.New("--namespace, --context, --kubeconfig and --request-timeout are for a SuperOfficeWebhook and exclude --url")
	}
	switch {
	case slices.ContainsFunc(o.urls, isNoBase):
		return nil, errors.New(`--url must be an http or https URL without a query, like "http://127.0.0.1:8081"`)
	case o.timeout <= 0:
		return nil, errors.New("--timeout must be above 0")
	}
	if host := twice(o.urls); host != "" {
		return nil, fmt.Errorf("--url names %s twice", host)
	}
	return args, nil
}

// twice returns a host that several of the URLs lead to; empty when there is none.
func twice(urls []string) string {
	seen := map[string]bool{}
	for _, text := range urls {
		u, err := url.Parse(text)
		switch {
		case err != nil: // it was checked before
		case seen[u.Host]:
			return u.Host
		default:
			seen[u.Host] = true
		}
	}
	return ""
}

// isNoBase tells whether a path cannot be added to a URL.
func isNoBase(text string) bool {
	u, err := url.Parse(text)
	return err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != ""
}

func noMore(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q is too much: dead letters are selected by flags", args[0])
	}
	return nil
}

// selection is which dead letters are meant, as the command line says it.
type selection struct {
	deadletter.Selection
	all          bool
	since, until string
	ids          []string
	refs         []reference
}

func (s *selection) addFlags(f *pflag.FlagSet) {
	f.StringVar(&s.Sink, "sink", "", `those of this sink; "-" for requests that held no event`)
	f.StringVar(&s.Event, "event", "", "those with an event of this name, like activity.created")
	f.StringVar(&s.EventID, "event-id", "", "those of the event with this EventId")
	f.StringVar(&s.since, "since", "", "those that died at this time (like 2026-02-03T04:05:06Z) or later, or so long ago (like 2h) or less")
	f.StringVar(&s.until, "until", "", "those that died before this time, or longer ago")
	f.StringSliceVar(&s.ids, "id", nil, "these, as list names them; may be repeated")
}

func (s *selection) complete(now time.Time) (err error) {
	if s.since != "" {
		if s.Since, err = deadletter.ParseTime(s.since, now); err != nil {
			return fmt.Errorf("--since: %w", err)
		}
	}
	if s.until != "" {
		if s.Until, err = deadletter.ParseTime(s.until, now); err != nil {
			return fmt.Errorf("--until: %w", err)
		}
	}
	if s.since != "" && s.until != "" && !s.Since.Before(s.Until) {
		return errors.New("--since must be before --until")
	}
	for _, text := range s.ids {
		ref, err := parseReference(text)
		if err != nil {
			return fmt.Errorf("--id: %w", err)
		}
		s.refs = append(s.refs, ref)
	}
	return nil
}

// checkExplicit refuses to mean everything by leaving out what is meant. An empty value, which a script's unset variable
// makes, is no condition either.
func (s *selection) checkExplicit(f *pflag.FlagSet) error {
	var given []string
	for _, name := range []string{"sink", "event", "event-id", "since", "until", "id"} {
		if flag := f.Lookup(name); flag.Changed {
			if text := flag.Value.String(); text == "" || text == "[]" {
				return fmt.Errorf("--%s is empty; leave it out or give a value", name)
			}
			given = append(given, name)
		}
	}
	switch {
	case s.all && len(given) > 0:
		return fmt.Errorf("--all means every dead letter; leave it out to select by --%s", given[0])
	case !s.all && len(given) == 0:
		return errors.New("nothing is selected: give at least one of --sink, --event, --event-id, --since, --until and --id, or --all for every dead letter")
	}
	return nil
}

// of is the selection at one of the receivers, and whether it can mean anything there.
func (s *selection) of(receiver string) (deadletter.Selection, bool) {
	at := s.Selection
	for _, ref := range s.refs {
		if ref.receiver == "" || ref.receiver == receiver {
			at.IDs = append(slices.Clip(at.IDs), ref.id)
		}
	}
	return at, len(s.refs) == 0 || len(at.IDs) > 0
}

// reference names one dead letter.
type reference struct {
	receiver string // empty: whichever there is
	id       uint64
}

func parseReference(text string) (reference, error) {
	receiver, number, found := cutLast(text, "/")
	if !found {
		receiver, number = "", text
	}
	id, err := strconv.ParseUint(number, 10, 64)
	if err != nil || found && receiver == "" {
		return reference{}, fmt.Errorf("%q names no dead letter: it must be a number, or RECEIVER/NUMBER", text)
	}
	return reference{receiver, id}, nil
}

func cutLast(text, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return text, "", false
}
