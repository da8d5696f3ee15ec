// SPDX-License-Identifier: Apache-2.0

// Command manager runs the controllers of the SuperOffice webhook operator.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers"
)

// version is set by the linker.
var version = "devel"

// leaderElectionID names the lease of the manager that is active for all resources.
const leaderElectionID = "superoffice-webhook-operator.webhooks.superoffice.dev"

// An API server may be slow for a while, when a fleet is created for example. A manager that ended for it would make things
// worse; and since it gives its lease back at its end, these matter only after a crash.
const (
	leaseDuration = 35 * time.Second
	renewDeadline = 30 * time.Second
	retryPeriod   = 5 * time.Second
)

// gcPercent trades a little processor time for memory: the most of it is the cache, which stays.
const gcPercent = 50

func main() {
	var o options
	o.bind(flag.CommandLine)
	flag.Parse()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	log := newLogger(o.logLevel)
	if err := run(ctrl.SetupSignalHandler(), o, log); err != nil {
		log.Error(err, "The manager ends")
		os.Exit(1)
	}
}

// newLogger writes JSON to standard error, for the libraries too.
func newLogger(level slog.Level) logr.Logger {
	log := logr.FromSlogHandler(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	ctrl.SetLogger(log)
	klog.SetLogger(log)
	return log
}

// run manages until the context ends. It returns nil after a clean end.
func run(ctx context.Context, o options, log logr.Logger) error {
	if err := o.check(); err != nil {
		return err
	}
	cluster, err := config.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w", err)
	}
	o.limit(cluster)
	stopTracing, err := o.tracing.start(ctx, o.ownNamespace, cluster, log.WithName("tracing"))
	if err != nil {
		return err
	}
	defer stopTracing()
	mgr, err := newManager(cluster, o)
	if err != nil {
		return err
	}
	reconciler := &controllers.Reconciler{
		Client:          mgr.GetClient(),
		Live:            mgr.GetAPIReader(),
		Events:          mgr.GetEventRecorder(controllers.FieldManager),
		Render:          o.render(),
		ObserveInterval: o.observeInterval,
		Namespaces:      o.watchNamespaces,
		Concurrency:     o.concurrency,
	}
	if err := reconciler.SetupWithManager(ctx, mgr); err != nil {
		return fmt.Errorf("set up the controller: %w", err)
	}
	if err := metrics.Registry.Register(controllers.NewConditionMetrics(mgr.GetClient(), mgr.Elected())); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	log.Info("The manager starts", "version", version, "receiverImage", o.receiverImage,
		"namespaces", o.watchNamespaces, "selector", o.watchSelector.String())
	return mgr.Start(ctx)
}

func newManager(cluster *rest.Config, o options) (manager.Manager, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register types: %w", err)
		}
	}
	mgr, err := ctrl.NewManager(cluster, ctrl.Options{
		Scheme:                 scheme,
		Cache:                  controllers.CacheOptions(o.watchNamespaces, o.watchSelector.Selector),
		Metrics:                server.Options{BindAddress: o.listen(o.metricsAddress)},
		HealthProbeBindAddress: o.listen(o.probeAddress),
		PprofBindAddress:       o.listen(o.pprofAddress),
		LeaderElection:         o.leaderElect,
		LeaderElectionID:       o.lease(),
		// The namespace is not defaulted by controller-runtime outside of a cluster.
		LeaderElectionNamespace: o.leaderElectionNamespace,
		// The process ends as soon as the manager has: the next leader need not wait for the lease to expire.
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 new(leaseDuration),
		RenewDeadline:                 new(renewDeadline),
		RetryPeriod:                   new(retryPeriod),
	})
	if err != nil {
		return nil, fmt.Errorf("make the manager: %w", err)
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("add health check: %w", err)
	}
	if err := mgr.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("add readiness check: %w", err)
	}
	return mgr, nil
}
