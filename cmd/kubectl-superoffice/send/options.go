// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// options are the command line.
type options struct {
	resource string   // the SuperOfficeWebhook; empty with url
	samples  []string // names of events
	file     string

	url    string
	secret resource.SecretSource

	access resource.Access

	test      bool
	forge     bool
	unchecked bool
	retry     bool

	count       int // 0: not given
	fresh       bool
	rate        float64
	concurrency int
	timeout     time.Duration

	output output.Format
}

func (o *options) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.file, "filename", "f", "", `file with the body to post, byte for byte; "-" for standard input`)
	f.BoolVar(&o.test, "test", false, `mark as a test event (X-Hook-Test); the sample "test" unless another or a file is given`)
	f.BoolVar(&o.forge, "forge", false, "sign with a random secret; every answer must be 401")
	f.BoolVar(&o.unchecked, "unchecked", false, "post the file even if it is no event")

	f.IntVar(&o.count, "count", 0, "number of events to post, each with a fresh EventId and Timestamp (default: each body once, as it is)")
	f.VarP(numberOrNamespace{o}, "n", "n", "a number: short for --count; anything else: short for --namespace")
	f.BoolVar(&o.fresh, "fresh", false, "replace EventId and Timestamp; --fresh=false repeats the same event with --count")
	f.Float64Var(&o.rate, "rate", 0, "events per second at most (default: as fast as they are answered)")
	f.IntVar(&o.concurrency, "concurrency", 4, "events posted at the same time at most")
	f.DurationVar(&o.timeout, "timeout", 10*time.Second, "how long to wait for an answer")
	f.BoolVar(&o.retry, "retry", false, "try up to three times, as SuperOffice does: at once, 1s later and 4s after that")

	f.StringVar(&o.url, "url", "", "post to this URL instead of a SuperOfficeWebhook's receiver")
	o.secret.AddFlags(f)

	f.StringVar(&o.access.Namespace, "namespace", "", "namespace of the SuperOfficeWebhook")
	o.access.AddConnectionFlags(f)
	o.output.AddFlag(cmd, output.JSON, output.YAML)

	o.access.Complete(cmd, 1)
	names := cmd.ValidArgsFunction
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if o.url == "" && len(args) == 0 {
			return names(cmd, args, begun)
		}
		return append(superoffice.ActivityEvents(), superoffice.Test), cobra.ShellCompDirectiveNoFileComp
	}
}

// complete takes the arguments and checks everything that can be checked without reading anything.
func (o *options) complete(args []string, freshGiven bool) error {
	o.samples = args
	if o.url == "" {
		if len(args) == 0 {
			return errors.New("name the SuperOfficeWebhook whose receiver to post to, or give --url")
		}
		o.resource, o.samples = args[0], args[1:]
	}
	if !freshGiven {
		o.fresh = o.count > 0
	}
	for _, check := range []func() error{o.checkTarget, o.checkBodies, o.checkLoad} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) checkTarget() error {
	if err := o.secret.Check(); err != nil {
		return err
	}
	switch {
	case o.url != "":
		return o.checkURL()
	case strings.Contains(o.resource, "://"): // not repeated: its query may hold a secret
		return errors.New("name a SuperOfficeWebhook; a URL is given with --url")
	case strings.Contains(o.resource, "."):
		return fmt.Errorf("%q cannot be a SuperOfficeWebhook: name one before the sample, or give --url", o.resource)
	}
	return nil
}

func (o *options) checkURL() error {
	if o.access.Given() {
		return errors.New("--namespace, --context, --kubeconfig and --request-timeout are for a SuperOfficeWebhook and exclude --url")
	}
	for _, name := range o.samples {
		if name != superoffice.Test && !strings.Contains(name, ".") {
			return fmt.Errorf("%q is no event: leave out the name of a SuperOfficeWebhook with --url", name)
		}
	}
	if !o.secret.Given() && !o.forge {
		return errors.New("--url needs the shared secret: give --secret-file or --secret-env")
	}
	u, err := url.Parse(o.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New(`--url must be an http or https URL, like "http://127.0.0.1:8080/webhook"`)
	}
	return nil
}

func (o *options) checkBodies() error {
	switch {
	case o.file != "" && len(o.samples) > 0:
		return fmt.Errorf("give either --filename or samples (%s)", strings.Join(o.samples, ", "))
	case o.unchecked && o.file == "":
		return errors.New("--unchecked is for --filename: samples are events")
	case o.unchecked && o.fresh:
		return errors.New("--unchecked posts the file as it is: leave out --fresh, and give --fresh=false with --count")
	}
	return nil
}

func (o *options) checkLoad() error {
	switch {
	case o.count < 0:
		return errors.New("--count must not be below 0")
	case o.rate < 0:
		return errors.New("--rate must not be below 0")
	case o.concurrency < 1:
		return errors.New("--concurrency must be at least 1")
	case o.timeout <= 0:
		return errors.New("--timeout must be above 0")
	}
	return nil
}

// numberOrNamespace is the flag -n, which users of kubectl type for a namespace and those of load tools for a number. A
// namespace that is a number needs --namespace.
type numberOrNamespace struct{ o *options }

func (n numberOrNamespace) Set(s string) error {
	count, err := strconv.Atoi(s)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return errors.New("the number is too large")
	case err != nil:
		n.o.access.Namespace = s
	default:
		n.o.count = count
	}
	return nil
}

func (numberOrNamespace) String() string { return "" }
func (numberOrNamespace) Type() string   { return "count|namespace" }
