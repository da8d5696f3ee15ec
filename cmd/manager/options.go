// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/superoffice-webhook/operator/controllers"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// options are the flags, and what the environment adds to them.
type options struct {
	receiverImage           string
	observeInterval         time.Duration
	watchNamespaces         namespaces
	watchSelector           selector
	concurrency             int
	qps                     float64
	burst                   int
	metricsAddress          string
	probeAddress            string
	pprofAddress            string
	leaderElect             bool
	leaderElectionNamespace string
	ownNamespace            string
	ownLabels               podLabels
	allowUnrestricted       bool
	tracing                 traces
	logLevel                slog.Level
	// bindAddress replaces the host of both addresses. It is the environment variable BIND_ADDRESS, for places where
	// many programs share one machine.
	bindAddress string
}

func (o *options) bind(flags *flag.FlagSet) {
	flags.StringVar(&o.receiverImage, "receiver-image", "ghcr.io/superoffice-webhook/receiver:"+version,
		"image of receivers, for resources that name none")
	flags.DurationVar(&o.observeInterval, "observe-interval", 30*time.Second,
		"how often receivers are asked for their status, and the least time between two writes of mere figures")
	flags.Var(&o.watchNamespaces, "watch-namespaces",
		"comma-separated namespaces to manage; default all")
	flags.Var(&o.watchSelector, "watch-label-selector",
		"manage resources with these labels only, for example shard=a; several managers can so share the work, each with "+
			"a lease of its own; default all")
	flags.IntVar(&o.concurrency, "concurrent", controllers.DefaultConcurrency,
		"how many resources are looked at, at the same time")
	flags.Float64Var(&o.qps, "kube-api-qps", 0,
		"most requests a second to the API server, on average; 0 for no limit, since the API server has priority and fairness")
	flags.IntVar(&o.burst, "kube-api-burst", 0,
		"most requests to the API server at once, for --kube-api-qps; 0 for twice as many as that")
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", ":8080",
		"where Prometheus metrics are served, by plain HTTP; 0 for nowhere")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081",
		"where /healthz and /readyz are served; 0 for nowhere")
	flags.StringVar(&o.pprofAddress, "pprof-bind-address", "0",
		"where profiles of the running manager are served to whoever asks, for example 127.0.0.1:6060; 0 for nowhere")
	flags.BoolVar(&o.leaderElect, "leader-elect", false,
		"let one of several managers be active")
	flags.StringVar(&o.leaderElectionNamespace, "leader-election-namespace", ownNamespace(),
		"namespace of the lease for --leader-elect")
	flags.StringVar(&o.ownNamespace, "own-namespace", ownNamespace(),
		"namespace of the manager's own pods, which the network policies of receivers let in")
	o.ownLabels = podLabels{"app.kubernetes.io/name": "superoffice-webhook-operator"}
	flags.Var(&o.ownLabels, "own-pod-labels",
		"comma-separated labels of the manager's own pods, likewise")
	flags.BoolVar(&o.allowUnrestricted, "allow-unrestricted-pod-templates", false,
		"let the podTemplate of a resource go beyond the restricted pod security standard and name a ServiceAccount; whoever may "+
			"edit resources can then get the privileges that the namespace's pods can have")
	o.tracing.bind(flags)
	flags.Var((*level)(&o.logLevel), "log-level",
		"least level of what is logged: debug, info, warn or error")
	o.bindAddress = os.Getenv("BIND_ADDRESS")
}

// render is what the manager decides about receivers.
func (o *options) render() render.Options {
	return render.Options{
		Image:                    o.receiverImage,
		Version:                  version,
		Manager:                  render.Pods{Namespace: o.ownNamespace, Labels: o.ownLabels},
		UnrestrictedPodTemplates: o.allowUnrestricted,
	}
}

// listen is where to listen in fact.
func (o *options) listen(address string) string {
	_, port, err := net.SplitHostPort(address)
	if o.bindAddress == "" || err != nil { // "0" is no address and means nowhere
		return address
	}
	return net.JoinHostPort(o.bindAddress, port)
}

// ownNamespace is that of the kubeconfig's context, of the pod, or "default".
func ownNamespace() string {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	namespace, _, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).Namespace()
	if err != nil {
		return "" // told again, with the cause, when the cluster is looked for
	}
	return namespace
}

// namespaces is a flag of comma-separated names.
type namespaces []string

func (n *namespaces) String() string { return strings.Join(*n, ",") }

func (n *namespaces) Set(text string) error {
	*n = nil
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			*n = append(*n, name)
		}
	}
	return nil
}

// podLabels is a flag of labels, like app=manager,tier=ops.
type podLabels labels.Set

func (l *podLabels) String() string { return labels.Set(*l).String() }

func (l *podLabels) Set(text string) error {
	set, err := labels.ConvertSelectorToLabelsMap(text)
	*l = podLabels(set)
	return err
}

// check tells what no flag can see by itself.
func (o *options) check() error {
	switch {
	case o.receiverImage == "":
		return errors.New("--receiver-image: must name the image of receivers")
	case o.concurrency < 1:
		return errors.New("--concurrent: must be at least 1")
	case o.qps < 0:
		return errors.New("--kube-api-qps: must not be negative")
	case o.burst < 0:
		return errors.New("--kube-api-burst: must not be negative")
	case o.burst > 0 && o.qps == 0:
		return errors.New("--kube-api-burst: means nothing without --kube-api-qps")
	case o.observeInterval <= 0:
		return errors.New("--observe-interval: must be longer than 0")
	}
	return o.tracing.check()
}

// limit holds the manager's requests back where that is wanted.
func (o *options) limit(c *rest.Config) {
	if o.qps == 0 {
		return
	}
	c.QPS, c.Burst = float32(o.qps), o.burst
	if o.burst == 0 {
		c.Burst = max(1, int(2*o.qps))
	}
}

// lease names the lease that the active manager holds. Managers of different resources do not stand in for each other.
func (o *options) lease() string {
	if o.watchSelector.Selector == nil {
		return leaderElectionID
	}
	sum := sha256.Sum256([]byte(o.watchSelector.String()))
	return fmt.Sprintf("%x.%s", sum[:5], leaderElectionID)
}

// selector is a flag of labels, as kubectl has it. None selects everything.
type selector struct{ labels.Selector }

func (s *selector) String() string {
	if s.Selector == nil {
		return ""
	}
	return s.Selector.String()
}

func (s *selector) Set(text string) error {
	parsed, err := labels.Parse(text)
	if err != nil {
		return err
	}
	s.Selector = parsed
	if parsed.Empty() {
		s.Selector = nil
	}
	return nil
}

// level is a flag of one of four words. Below debug, which slog could express, client-go would log the content of
// requests and answers, and with it Secrets.
type level slog.Level

var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

func (l *level) String() string { return strings.ToLower(slog.Level(*l).String()) }

func (l *level) Set(text string) error {
	found, ok := levels[strings.ToLower(text)]
	if !ok {
		return errors.New("must be debug, info, warn or error")
	}
	*l = level(found)
	return nil
}
