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
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/rest"

	"github.com/superoffice-webhook/operator/controllers"
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
		pprofAddress:            "0",
		concurrency:             controllers.DefaultConcurrency,
		leaderElectionNamespace: "operators",
		ownNamespace:            "operators",
		ownLabels:               podLabels{"app.kubernetes.io/name": "superoffice-webhook-operator"},
		logLevel:                slog.LevelInfo,
		tracing:                 traces{rate: 1_000_000},
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
				"--leader-election-namespace=leases", "--log-level=debug", "--watch-label-selector=shard in (b, a),team=crm",
				"--concurrent=3", "--kube-api-qps=20.5", "--kube-api-burst=50", "--pprof-bind-address=127.0.0.1:6060",
				"--own-namespace=crm-operator", "--own-pod-labels=app=crm, tier=ops", "--allow-unrestricted-pod-templates",
				"--tracing", "--tracing-endpoint=http://otel:4318", "--tracing-sampling-rate-per-million=1000",
			},
			options{
				receiverImage: "registry.example.com/receiver@sha256:0", observeInterval: 90 * time.Second, watchNamespaces: namespaces{"sales", "crm"},
				metricsAddress: "127.0.0.1:9090", probeAddress: "0", leaderElect: true,
				leaderElectionNamespace: "leases", logLevel: slog.LevelDebug, watchSelector: selected(t, "shard in (a,b),team=crm"),
				concurrency: 3, qps: 20.5, burst: 50, pprofAddress: "127.0.0.1:6060",
				ownNamespace: "crm-operator", ownLabels: podLabels{"app": "crm", "tier": "ops"}, allowUnrestricted: true,
				tracing: traces{enabled: true, endpoint: "http://otel:4318", rate: 1000},
			},
		},
		{"one namespace", []string{"--watch-namespaces=sales"}, defaults(func(o *options) { o.watchNamespaces = namespaces{"sales"} })},
		{"namespaces with spaces and a comma too many", []string{"--watch-namespaces= sales , crm,"}, defaults(func(o *options) { o.watchNamespaces = namespaces{"sales", "crm"} })},
		{"no namespaces, which means all", []string{"--watch-namespaces="}, defaults()},
		{"namespaces twice: the last wins", []string{"--watch-namespaces=a,b", "--watch-namespaces=c"}, defaults(func(o *options) { o.watchNamespaces = namespaces{"c"} })},
		{"a selector of everything", []string{"--watch-label-selector="}, defaults()},
		{"a level in capitals", []string{"--log-level=WARN"}, defaults(func(o *options) { o.logLevel = slog.LevelWarn })},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("BIND_ADDRESS", "")
			got, err := parse(t, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(options{}, traces{}), cmp.Comparer(sameSelector)); diff != "" {
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
		{"--watch-label-selector=shard in a", "-watch-label-selector"},
		{"--concurrent=many", "-concurrent"},
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

func TestOptionsThatMakeNoSense(t *testing.T) {
	for _, c := range []struct{ argument, message string }{
		{"--receiver-image=", "--receiver-image: must name the image of receivers"},
		{"--concurrent=0", "--concurrent: must be at least 1"},
		{"--kube-api-qps=-1", "--kube-api-qps: must not be negative"},
		{"--kube-api-burst=-1", "--kube-api-burst: must not be negative"},
		{"--kube-api-burst=10", "--kube-api-burst: means nothing without --kube-api-qps"},
		{"--observe-interval=0s", "--observe-interval: must be longer than 0"},
	} {
		t.Run(c.argument, func(t *testing.T) {
			o, err := parse(t, c.argument)
			if err != nil {
				t.Fatal(err)
			}
			if err := run(t.Context(), o, logr.Discard()); err == nil || err.Error() != c.message {
				t.Errorf("got %v, want %s", err, c.message)
			}
		})
	}
}

func TestLimitOfRequests(t *testing.T) {
	for _, c := range []struct {
		name  string
		args  []string
		qps   float32
		burst int
	}{
		{"none", nil, -1, 0},
		{"with a burst of its own", []string{"--kube-api-qps=50", "--kube-api-burst=60"}, 50, 60},
		{"with the usual burst", []string{"--kube-api-qps=50"}, 50, 100},
		{"of less than one a second", []string{"--kube-api-qps=0.1"}, 0.1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := parse(t, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			limited := rest.Config{QPS: -1}
			o.limit(&limited)
			if limited.QPS != c.qps || limited.Burst != c.burst {
				t.Errorf("got %v a second and %d at once, want %v and %d", limited.QPS, limited.Burst, c.qps, c.burst)
			}
		})
	}
}

// Managers that share the work must each be active, and those of the same share must not.
func TestLeasePerSelector(t *testing.T) {
	lease := func(args ...string) string {
		o, err := parse(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		return o.lease()
	}
	if got := lease(); got != leaderElectionID {
		t.Errorf("without a selector it is %s", got)
	}
	a := lease("--watch-label-selector=shard=a,team=crm")
	if a == lease() || a == lease("--watch-label-selector=shard=b,team=crm") {
		t.Errorf("%s is the lease of two shares", a)
	}
	if same := lease("--watch-label-selector=team = crm, shard = a"); a != same {
		t.Errorf("the same selector has the leases %s and %s", a, same)
	}
	if errs := validation.IsDNS1123Subdomain(a); len(errs) > 0 {
		t.Errorf("%s: %v", a, errs)
	}
}

func selected(t *testing.T, text string) (s selector) {
	t.Helper()
	if err := s.Set(text); err != nil {
		t.Fatal(err)
	}
	return s
}

func sameSelector(a, b selector) bool { return a.String() == b.String() }
