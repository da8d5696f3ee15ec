// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
)

const kubeconfig = `
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, namespace: operators}}]
clusters: [{name: here, cluster: {server: "https://127.0.0.1:1"}}]
`

// parse reads a command line.
func parse(t *testing.T, args ...string) (options, error) {
	t.Helper()
	return parseWith(t, kubeconfig, args...)
}

func parseWith(t *testing.T, kubeconfig string, args ...string) (options, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", file)
	var o options
	flags := flag.NewFlagSet("manager", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	o.bind(flags)
	return o, flags.Parse(args)
}

// defaults are the options of an empty command line.
func defaults(changes ...func(o *options)) options {
	o := options{
		receiverImage:           "ghcr.io/superoffice-webhook/receiver:devel",
		observeInterval:         30 * time.Second,
		metricsAddress:          ":8080",
		probeAddress:            ":8081",
		leaderElectionNamespace: "operators",
		ownNamespace:            "operators",
		ownLabels:               podLabels{"app.kubernetes.io/name": "superoffice-webhook-operator"},
		logLevel:                slog.LevelInfo,
	}
	for _, change := range changes {
		change(&o)
	}
	return o
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want options
	}{
		{"none", nil, defaults()},
		{
			"all",
			[]string{
				"--receiver-image=registry.example.com/receiver@sha256:0", "--observe-interval=1m30s", "--watch-namespaces=sales,crm",
				"--metrics-bind-address=127.0.0.1:9090", "--health-probe-bind-address=0", "--leader-elect",
				"--leader-election-namespace=leases", "--log-level=debug",
				"--own-namespace=crm-operator", "--own-pod-labels=app=crm, tier=ops", "--allow-unrestricted-pod-templates",
			},
			options{
				receiverImage: "registry.example.com/receiver@sha256:0", observeInterval: 90 * time.Second, watchNamespaces: namespaces{"sales", "crm"},
				metricsAddress: "127.0.0.1:9090", probeAddress: "0", leaderElect: true,
				leaderElectionNamespace: "leases", logLevel: slog.LevelDebug,
				ownNamespace: "crm-operator", ownLabels: podLabels{"app": "crm", "tier": "ops"}, allowUnrestricted: true,
			},
		},
		{"one namespace", []string{"--watch-namespaces=sales"}, defaults(func(o *options) { o.watchNamespaces = namespaces{"sales"} })},
		{"namespaces with spaces and a comma too many", []string{"--watch-namespaces= sales , crm,"}, defaults(func(o *options) { o.watchNamespaces = namespaces{"sales", "crm"} })},
		{"no namespaces, which means all", []string{"--watch-namespaces="}, defaults()},
		{"namespaces twice: the last wins", []string{"--watch-namespaces=a,b", "--watch-namespaces=c"}, defaults(func(o *options) { o.watchNamespaces = namespaces{"c"} })},
		{"a level in capitals", []string{"--log-level=WARN"}, defaults(func(o *options) { o.logLevel = slog.LevelWarn })},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("BIND_ADDRESS", "")
			got, err := parse(t, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(options{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	for _, c := range []struct{ argument, message string }{
		{"--observe-interval=soon", "-observe-interval"},
		{"--log-level=loud", "-log-level"},
		{"--log-level=DEBUG-4", "must be debug, info, warn or error"},
		{"--leader-elect=perhaps", "-leader-elect"},
		{"--own-pod-labels=app", "-own-pod-labels"},
		{"--watch-namespace=sales", "not defined: -watch-namespace"},
	} {
		t.Run(c.argument, func(t *testing.T) {
			if _, err := parse(t, c.argument); err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want …%s…", err, c.message)
			}
		})
	}
}

func TestListen(t *testing.T) {
	for _, c := range []struct{ variable, address, want string }{
		{"", ":8080", ":8080"},
		{"", "127.0.0.1:8080", "127.0.0.1:8080"},
		{"", "0", "0"},
		{"127.1.2.3", ":8080", "127.1.2.3:8080"},
		{"127.1.2.3", "0.0.0.0:8080", "127.1.2.3:8080"},
		{"::1", ":8080", "[::1]:8080"},
		{"127.1.2.3", "0", "0"},
	} {
		t.Run(c.address+" with BIND_ADDRESS="+c.variable, func(t *testing.T) {
			t.Setenv("BIND_ADDRESS", c.variable)
			o, err := parse(t)
			if err != nil {
				t.Fatal(err)
			}
			if got := o.listen(c.address); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestNamespaceOfTheLeaseIsThatOfTheContext(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"which it says":                 {kubeconfig, "operators"},
		"which is called default":       {strings.ReplaceAll(kubeconfig, ", namespace: operators", ""), "default"},
		"and empty if it can't be read": {"{", ""},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := parseWith(t, c.text)
			if err != nil || o.leaderElectionNamespace != c.want {
				t.Errorf("got %q, %v, want %q", o.leaderElectionNamespace, err, c.want)
			}
		})
	}
}

func TestManagerNeedsAnImageOfReceivers(t *testing.T) {
	o, err := parse(t, "--receiver-image=")
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), o, logr.Discard()); err == nil || err.Error() != "--receiver-image: must name the image of receivers" {
		t.Errorf("got %v", err)
	}
}
