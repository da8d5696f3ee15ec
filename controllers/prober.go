// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"net/http"
	"time"

	core "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/probe"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	// probeConcurrency is how many URLs are tried at a time.
	probeConcurrency = 4
	// probeRetry is how soon a URL is tried again that was not reached, unless the interval is shorter.
	probeRetry = 30 * time.Second
	// probeInterval repeats the schema's default for resources that did not pass through an API server.
	probeInterval = 5 * time.Minute
)

// prober tries the public URLs of the resources that ask for it. It is a controller of its own, so that URLs that do not
// answer hold up nothing else. It writes nothing: the Reconciler, which it wakes when a result is another than before,
// tells it in the status.
type prober struct {
	client    client.Reader
	live      client.Reader
	transport http.RoundTripper
	results   *memory[probed]
	wake      chan<- event.GenericEvent
}

// probed is the last attempt at the URL of a resource.
type probed struct {
	at         time.Time
	url        string
	generation int64
	result     probe.Result
}

// about is the result, if the attempt was made for the resource as it is now.
func (p probed) about(webhook *v1alpha1.SuperOfficeWebhook) *probe.Result {
	if p.at.IsZero() || p.generation != webhook.Generation {
		return nil
	}
	return &p.result
}

func (r *Reconciler) setupProber(mgr ctrl.Manager, wake chan<- event.GenericEvent) error {
	p := &prober{client: r.Client, live: r.Live, transport: r.ProbeTransport, results: &r.probed, wake: wake}
	if p.transport == nil {
		p.transport = probe.NewTransport()
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("superofficewebhook-probe").
		For(&v1alpha1.SuperOfficeWebhook{}). // its status, too, which tells when there is something to try
		WithOptions(controller.Options{MaxConcurrentReconciles: probeConcurrency}).
		Complete(p)
}

// Reconcile tries the URL if it is time to.
func (p *prober) Reconcile(ctx context.Context, req ctrl.Request) (again ctrl.Result, err error) {
	ctx, span := lookAt(ctx, "probe", req.NamespacedName)
	defer func() { finish(span, err) }()
	var webhook v1alpha1.SuperOfficeWebhook
	err = p.client.Get(ctx, req.NamespacedName, &webhook)
	if client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, err
	}
	if err != nil || !webhook.DeletionTimestamp.IsZero() || webhook.Spec.Exposure.Probe == nil {
		p.results.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	}
	last := p.results.recall(req.NamespacedName)
	if !worthProbing(&webhook, last) {
		return ctrl.Result{}, nil // the status will change
	}
	if wait := pause(&webhook, last); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	result, err := p.post(ctx, &webhook)
	if ctx.Err() != nil || err != nil {
		return ctrl.Result{}, err
	}
	now := probed{time.Now(), webhook.Status.Address.URL, webhook.Generation, result}
	p.results.keep(req.NamespacedName, now)
	if last.result != result || last.generation != now.generation {
		select {
		case p.wake <- event.GenericEvent{Object: &webhook}:
		case <-ctx.Done():
		}
	}
	return ctrl.Result{RequeueAfter: pause(&webhook, now)}, nil
}

// worthProbing tells whether there is a public URL that could answer. One that did once goes on being tried, whatever is
// wrong now.
func worthProbing(webhook *v1alpha1.SuperOfficeWebhook, last probed) bool {
	s := webhook.Status
	if s.Address == nil || s.ObservedGeneration != webhook.Generation || isInside(webhook) {
		return false
	}
	if last.about(webhook) != nil {
		return true
	}
	return apimeta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionReceiverAvailable) &&
		!apimeta.IsStatusConditionFalse(s.Conditions, v1alpha1.ConditionExposed)
}

// isInside tells whether the address is still the Service's, because a load balancer has none yet.
func isInside(webhook *v1alpha1.SuperOfficeWebhook) bool {
	e := webhook.Spec.Exposure
	c := apimeta.FindStatusCondition(webhook.Status.Conditions, v1alpha1.ConditionExposed)
	return e.Ingress == nil && e.Gateway == nil && (c == nil || c.Status != meta.ConditionTrue)
}

// pause is how long to wait until the next attempt.
func pause(webhook *v1alpha1.SuperOfficeWebhook, last probed) time.Duration {
	if last.generation != webhook.Generation || last.url != webhook.Status.Address.URL {
		return 0
	}
	interval, err := time.ParseDuration(string(webhook.Spec.Exposure.Probe.Interval))
	if err != nil {
		interval = probeInterval
	}
	if last.result.Status != meta.ConditionTrue {
		interval = min(interval, probeRetry)
	}
	return max(time.Until(last.at.Add(interval)), 0)
}

// post reads the shared secret, past the cache, for this one signature.
func (p *prober) post(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook) (probe.Result, error) {
	ref := webhook.Spec.Secret
	var secret core.Secret
	err := p.live.Get(ctx, client.ObjectKey{Namespace: webhook.Namespace, Name: ref.Name}, &secret)
	if client.IgnoreNotFound(err) != nil {
		return probe.Result{}, fmt.Errorf("read Secret: %w", err)
	}
	value := secret.Data[string(ref.Key)]
	if len(value) == 0 {
		return probe.Result{Status: meta.ConditionUnknown, Reason: v1alpha1.ReasonSecretNotFound, Message: "there is no shared secret to sign a test event with"}, nil
	}
	return probe.Post(ctx, p.transport, webhook.Status.Address.URL, superoffice.NewSecret(value)), nil
}
