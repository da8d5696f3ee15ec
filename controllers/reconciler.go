// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/probe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// Reconciler brings one resource after the other in line. SetupWithManager starts it.
type Reconciler struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Live reads past the cache: Secrets, which are cached as metadata only, and strangers' objects, which are not
	// cached at all.
	Live client.Reader
	// Events tells users what has changed.
	Events events.EventRecorder
	// Render is what the operator adds to each resource.
	Render render.Options
	// ObserveInterval is how often receivers are asked, and the least time between two writes of mere figures.
	ObserveInterval time.Duration
	// Namespaces are those that the manager's cache holds; none means all.
	Namespaces []string
	// ProbeTransport posts test events to public URLs. Default: that of probe.NewTransport.
	ProbeTransport http.RoundTripper
	// Concurrency is how many resources are looked at, at the same time; DefaultConcurrency if 0.
	Concurrency int

	applied  memory[map[string]written]
	pools    memory[*pooled]
	reported memory[time.Time]
	keys     memory[map[string]secretKeys]
	checked  memory[confirmed]
	probed   memory[probed]
	gateways gatewayAPI
	watched  watches
}

// findings are what the steps found out about a resource. Those of a step that was not reached are nil.
type findings struct {
	secrets *secrets
	// pool is how the pool is that the resource is a member of; nil for none, and before anybody has looked at it.
	pool *pooled
	// invalid says why no objects, or not these, can be made from the resource.
	invalid   error
	obstacles []obstacle
	// claim says why the queue's volume is not as wanted; nil while nothing is in its way.
	claim     *claimRefused
	exposure  *exposure
	receivers *receivers
	// inForce is how far receivers go by the shared Secret; nil while it can't be used.
	inForce *secretInForce
	// reached is what the last test event about this generation of the resource was answered with; nil without one.
	reached *probe.Result
}

// The spec is never written. The status is reported with patch, its only verb, and read with the resource itself.
//
// +kubebuilder:rbac:groups=webhooks.superoffice.dev,resources=superofficewebhooks,verbs=list;watch
// +kubebuilder:rbac:groups=webhooks.superoffice.dev,resources=superofficewebhooks/status,verbs=patch

// Reconcile frames the steps: it fetches the resource, and reports whatever they found, even when one has failed.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (again ctrl.Result, err error) {
	ctx, span := lookAt(ctx, "reconcile", req.NamespacedName)
	defer func() { finish(span, err) }()
	var webhook v1alpha1.SuperOfficeWebhook
	if err := r.Client.Get(ctx, req.NamespacedName, &webhook); err != nil {
		r.applied.forget(req.NamespacedName)
		r.reported.forget(req.NamespacedName)
		r.keys.forget(req.NamespacedName)
		r.checked.forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !webhook.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil // what it owns is the garbage collector's
	}
	found, err := r.reconcile(ctx, &webhook)
	if err == nil && isPooled(&webhook) && found.pool == nil {
		return ctrl.Result{RequeueAfter: workPause}, nil // it is told when the pool was looked at
	}
	found.reached = r.probed.recall(req.NamespacedName).about(&webhook)
	if ctx.Err() != nil {
		return ctrl.Result{}, ctx.Err() // the operator is stopping; a half-done round is no news
	}
	return step(ctx, "report", func(ctx context.Context) (ctrl.Result, error) { return r.report(ctx, &webhook, found, err) })
}

func (r *Reconciler) writer() writer { return writer{r.Client, r.Live, &r.applied} }

// reconcile goes through the steps and stops at the first that fails.
func (r *Reconciler) reconcile(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook) (found findings, err error) {
	found.secrets, err = step(ctx, "resolve", func(ctx context.Context) (*secrets, error) { return r.resolve(ctx, webhook) })
	if err != nil {
		return found, fmt.Errorf("resolve what is referred to: %w", err)
	}
	if isPooled(webhook) {
		found.pool = r.pools.recall(poolOf(webhook))
	}
	live, err := r.live(ctx, webhook)
	if err != nil {
		return found, err
	}
	former, err := r.former(ctx, webhook)
	if err != nil {
		return found, fmt.Errorf("read what is in force: %w", err)
	}
	exposed := former.Exposed(webhook)
	objects, err := render.Webhook(exposed, r.Render, found.secrets.targets, live)
	if err != nil {
		found.invalid = err
		return found, nil
	}
	objects.Keep(former)
	found.obstacles, err = step(ctx, "apply", func(ctx context.Context) ([]obstacle, error) { return r.writer().apply(ctx, ownerOf(webhook), objects) })
	switch {
	case errors.As(err, &found.claim): // all else was written
	case apierrors.IsInvalid(err):
		found.invalid = err
	case err != nil:
		return found, err
	}
	if found.pool != nil { // what the pool's own round has made
		objects.Service = found.pool.service
		objects.Autoscaled, objects.LeastReplicas = found.pool.autoscaled, found.pool.leastReplicas
	}
	// Else the way might lead to a Service of somebody else.
	if found.invalid == nil && len(found.obstacles) == 0 && objects.Service != nil {
		found.exposure, err = step(ctx, "expose", func(ctx context.Context) (*exposure, error) { return r.expose(ctx, exposed, objects) })
		if err != nil {
			return found, err
		}
	}
	found.receivers, err = step(ctx, "observe", func(ctx context.Context) (*receivers, error) { return r.observe(ctx, webhook, objects, found.pool) })
	if err != nil {
		return found, fmt.Errorf("observe receivers: %w", err)
	}
	found.inForce = r.checkSecret(ctx, webhook, found.secrets.shared, found.receivers.answers)
	return found, nil
}
