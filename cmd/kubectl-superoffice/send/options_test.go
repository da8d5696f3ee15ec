// SPDX-License-Identifier: Apache-2.0

package send

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/cobra"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

// read reads a command line as the command does.
func read(t *testing.T, args ...string) (options, error) {
	t.Helper()
	var o options
	cmd := &cobra.Command{}
	o.addFlags(cmd)
	flags := cmd.Flags()
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	err := o.complete(flags.Args(), flags.Changed("fresh"))
	return o, err
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want options // apart from the defaults of rate, concurrency and timeout
	}{
		"the first argument is the SuperOfficeWebhook, the others are samples": {
			args: []string{"crm", "activity.created", "test"},
			want: options{resource: "crm", samples: []string{"activity.created", "test"}},
		},
		"with a URL all arguments are samples": {
			args: []string{"activity.created", "test", "--url", nobody, "--secret-env", "SECRET"},
			want: options{samples: []string{"activity.created", "test"}, url: nobody, secret: resource.SecretSource{Env: "SECRET"}},
		},
		"a forged event to a URL needs no secret": {
			args: []string{"--url", nobody, "--forge"},
			want: options{url: nobody, forge: true},
		},
		"the Secret of a SuperOfficeWebhook can be replaced": {
			args: []string{"crm", "--secret-file", "secret"},
			want: options{resource: "crm", secret: resource.SecretSource{File: "secret"}},
		},
		"-n with a number is --count, which makes events fresh": {
			args: []string{"crm", "-n", "3"},
			want: options{resource: "crm", count: 3, fresh: true},
		},
		"-n with a word is --namespace": {
			args: []string{"crm", "-n", "sales"},
			want: options{resource: "crm", access: resource.Access{Namespace: "sales"}},
		},
		"-n can be both, in any order": {
			args: []string{"-nsales", "crm", "-n=3"},
			want: options{resource: "crm", access: resource.Access{Namespace: "sales"}, count: 3, fresh: true},
		},
		"a namespace that looks like a number but is none is a namespace": {
			args: []string{"crm", "-n", "3e4"},
			want: options{resource: "crm", access: resource.Access{Namespace: "3e4"}},
		},
		"a namespace that is a number has --namespace": {
			args: []string{"crm", "--namespace", "3", "--count", "3"},
			want: options{resource: "crm", access: resource.Access{Namespace: "3"}, count: 3, fresh: true},
		},
		"repetitions are wanted with --fresh=false": {
			args: []string{"crm", "-n", "3", "--fresh=false"},
			want: options{resource: "crm", count: 3},
		},
		"one event can be fresh": {
			args: []string{"crm", "--fresh"},
			want: options{resource: "crm", fresh: true},
		},
		"what is no event can be repeated": {
			args: []string{"crm", "-f", "body", "--unchecked", "-n", "3", "--fresh=false"},
			want: options{resource: "crm", file: "body", unchecked: true, count: 3},
		},
		"the cluster is named as for kubectl": {
			args: []string{"crm", "--kubeconfig", "file", "--context", "test", "-n", "sales"},
			want: options{resource: "crm", access: resource.Access{Kubeconfig: "file", Context: "test", Namespace: "sales"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(t, test.args...)
			if err != nil {
				t.Fatal(err)
			}
			test.want.concurrency, test.want.timeout = 4, 10*time.Second
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(options{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestWrongOptions runs the command: each is refused with words that help, before anything is read or posted.
func TestWrongOptions(t *testing.T) {
	t.Parallel()
	const (
		badURL    = `--url must be an http or https URL, like "http://127.0.0.1:8080/webhook"`
		exclusive = "--namespace, --context, --kubeconfig and --request-timeout are for a SuperOfficeWebhook and exclude --url"
		unchecked = "--unchecked posts the file as it is: leave out --fresh, and give --fresh=false with --count"
	)
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"nowhere to post to":           {nil, "name the SuperOfficeWebhook whose receiver to post to, or give --url"},
		"a sample but no webhook":      {[]string{"activity.created"}, `"activity.created" cannot be a SuperOfficeWebhook: name one before the sample, or give --url`},
		"a URL as argument":            {[]string{"http://crm.example.com/?code=" + urlMarker}, "name a SuperOfficeWebhook; a URL is given with --url"},
		"a URL without a secret":       {[]string{"--url", nobody}, "--url needs the shared secret: give --secret-file or --secret-env"},
		"two secrets":                  {[]string{"--url", nobody, "--secret-file", "a", "--secret-env", "B"}, "--secret-file and --secret-env exclude each other"},
		"two secrets for a webhook":    {[]string{"crm", "--secret-file", "a", "--secret-env", "B"}, "--secret-file and --secret-env exclude each other"},
		"a URL and a webhook":          {[]string{"crm", "--url", nobody, "--forge"}, `"crm" is no event: leave out the name of a SuperOfficeWebhook with --url`},
		"a URL and a namespace":        {[]string{"--url", nobody, "--forge", "--namespace", "sales"}, exclusive},
		"a URL and -n with one":        {[]string{"--url", nobody, "--forge", "-n", "sales"}, exclusive},
		"a URL and a context":          {[]string{"--url", nobody, "--forge", "--context", "test"}, exclusive},
		"a URL and a kubeconfig":       {[]string{"--url", nobody, "--forge", "--kubeconfig", "file"}, exclusive},
		"a URL without a scheme":       {[]string{"--url", "127.0.0.1:8080/" + urlMarker, "--forge"}, badURL},
		"a URL with a host as scheme":  {[]string{"--url", "localhost:8080/" + urlMarker, "--forge"}, badURL},
		"a URL of another scheme":      {[]string{"--url", "ftp://crm.example.com/" + urlMarker, "--forge"}, badURL},
		"a URL without a host":         {[]string{"--url", "http:///" + urlMarker, "--forge"}, badURL},
		"a URL with a broken port":     {[]string{"--url", "http://crm.example.com:" + urlMarker, "--forge"}, badURL},
		"a URL with a broken escape":   {[]string{"--url", "http://crm.example.com/%zz" + urlMarker, "--forge"}, badURL},
		"a file and samples":           {[]string{"crm", "activity.created", "test", "-f", "body"}, "give either --filename or samples (activity.created, test)"},
		"unchecked samples":            {[]string{"crm", "--unchecked"}, "--unchecked is for --filename: samples are events"},
		"unchecked and fresh":          {[]string{"crm", "-f", "body", "--unchecked", "--fresh"}, unchecked},
		"unchecked and a number":       {[]string{"crm", "-f", "body", "--unchecked", "-n", "3"}, unchecked},
		"a number below 0":             {[]string{"crm", "--count", "-1"}, "--count must not be below 0"},
		"-n below 0":                   {[]string{"crm", "-n", "-1"}, "--count must not be below 0"},
		"-n beyond all numbers":        {[]string{"crm", "-n", "99999999999999999999"}, `invalid argument "99999999999999999999" for "-n, --n" flag: the number is too large`},
		"a number that is none":        {[]string{"crm", "--count", "many"}, `invalid argument "many" for "--count" flag: strconv.ParseInt: parsing "many": invalid syntax`},
		"a rate below 0":               {[]string{"crm", "--rate", "-1"}, "--rate must not be below 0"},
		"no concurrency":               {[]string{"crm", "--concurrency", "0"}, "--concurrency must be at least 1"},
		"no time to wait":              {[]string{"crm", "--timeout", "0s"}, "--timeout must be above 0"},
		"a time without a unit":        {[]string{"crm", "--timeout", "10"}, `invalid argument "10" for "--timeout" flag: time: missing unit in duration "10"`},
		"a form that there is not":     {[]string{"crm", "-o", "xml"}, `invalid argument "xml" for "-o, --output" flag: must be json or yaml`},
		"a secret on the command line": {[]string{"crm", "--secret", secretMarker}, "unknown flag: --secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := run(t, test.args...)
			if s.message() != test.want {
				t.Errorf("the error is %q, want %q", s.message(), test.want)
			}
			if s.stdout+s.stderr != "" {
				t.Errorf("it said %q", s.stdout+s.stderr)
			}
		})
	}
}
