// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// exposure is how SuperOffice gets to the receivers.
type exposure struct {
	// url is where it posts to.
	url string
	// way is what those who provide the way report.
	way observe.Way
	// blocked says why what is asked for could not be made; nil if nothing is in its way.
	blocked *verdict
}

// Both are deleted when they are no longer asked for.
//
// +kubebuilder:rbac:groups=networking.k8s.io,resources=ingresses,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=gateway.networking.k8s.io,resources=httproutes,verbs=get;list;watch;create;patch;delete

// expose makes the Ingress or the HTTPRoute that is asked for and takes away the one that is not, then asks what has become
// of it. Receivers work without either, so nothing that goes wrong here keeps them from being made.
func (r *Reconciler) expose(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, objects *render.Objects) (*exposure, error) {
	routes, err := r.gateways.reader(ctx)
	if err != nil && objects.HTTPRoute != nil { // who asks for no route is not troubled
		return nil, err
	}
	e := &exposure{}
	if e.blocked, err = r.makeWay(ctx, webhook, routes, objects); err != nil {
		return nil, err
	}
	if e.blocked == nil {
		if err := r.removeWays(ctx, webhook, routes, objects); err != nil {
			return nil, err
		}
	}
	if err := r.followWays(ctx, webhook, routes, objects, e); err != nil {
		return nil, err
	}
	return e, nil
}

// makeWay writes the object that is asked for, if there is one, and says what is in its way.
func (r *Reconciler) makeWay(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, routes client.Reader, objects *render.Objects) (*verdict, error) {
	switch {
	case objects.Ingress != nil:
		return r.applyWay(ctx, webhook, r.Client, objects.Ingress, stays(webhook, objects))
	case objects.HTTPRoute != nil && routes == nil:
		return notServed(), nil
	case objects.HTTPRoute != nil:
		return r.applyWay(ctx, webhook, routes, objects.HTTPRoute, stays(webhook, objects))
	}
	return nil, nil
}

// stays tells whether a way that is there is left as it is. It changes together with the entrance that it leads to, for its
// annotations may say what is spoken there.
func stays(webhook *v1alpha1.SuperOfficeWebhook, objects *render.Objects) bool {
	return objects.EntranceWaits || webhook.Spec.Suspend && !objects.EntranceMoves
}

// notServed is not stuck: the API may be on its way, like a Secret.
func notServed() *verdict {
	return &verdict{settled, meta.ConditionFalse, v1alpha1.ReasonGatewayAPINotServed, fmt.Sprintf(
		"the cluster does not serve HTTPRoute of %s, the Gateway API; the route is made as soon as it does", gateway.GroupVersion)}
}

// applyWay writes an object if it differs from what is wanted. What the API server or one of its admission webhooks refuses
// is not tried again before the next look, and is somebody's to put right.
func (r *Reconciler) applyWay(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, cached client.Reader, object runtime.ApplyConfiguration, stays bool) (*verdict, error) {
	o := ownerOf(webhook)
	c, err := r.writer().child(ctx, o, cached, object)
	if err != nil {
		return nil, err
	}
	var taken *obstacle
	switch {
	case c.live != nil && !o.owns(c.live):
		taken = new(obstacleOf(o, c))
	case c.live != nil && stays:
		return nil, nil
	default:
		taken, err = r.writer().bring(ctx, o, c)
	}
	switch {
	case taken != nil:
		v := judgeObstacles([]obstacle{*taken}, rename)
		return &v, nil
	case err == nil:
		return nil, nil
	case c.wanted.GroupVersionKind() == routeKind && isUnserved(err):
		r.gateways.doubt()
		return notServed(), nil
	case isRefused(err):
		return &verdict{stuck, meta.ConditionFalse, v1alpha1.ReasonInvalid, err.Error()}, nil
	}
	return nil, fmt.Errorf("apply %s %q: %w", c.wanted.GetKind(), c.wanted.GetName(), err)
}

// isUnserved tells whether the kind of an object that was to be written has gone, or is about to go.
func isUnserved(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.IsForbidden(err) && strings.Contains(err.Error(), "custom resource definition is terminating")
}

// removeWays deletes what the resource made of each kind that it no longer asks for.
func (r *Reconciler) removeWays(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, routes client.Reader, objects *render.Objects) error {
	if webhook.Spec.Suspend {
		return nil
	}
	if objects.Ingress == nil {
		if err := r.writer().remove(ctx, ownerOf(webhook), r.Client, &networking.Ingress{}); err != nil {
			return fmt.Errorf("delete Ingress: %w", err)
		}
	}
	if objects.HTTPRoute == nil && routes != nil {
		if err := r.writer().remove(ctx, ownerOf(webhook), routes, &gateway.HTTPRoute{}); err != nil {
			return fmt.Errorf("delete HTTPRoute: %w", err)
		}
	}
	return nil
}

// followWays finds out where SuperOffice is to post to, and what is reported about the way to there.
func (r *Reconciler) followWays(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, routes client.Reader, objects *render.Objects, e *exposure) error {
	var service core.Service
	inner, err := wayThrough(ctx, webhook, r.Client, render.ReceiversName(webhook), objects.Service, &service, observe.ServiceWay)
	if err != nil {
		return err
	}
	e.url = publicURL(ctx, webhook, &service, routes)
	switch {
	case e.blocked != nil:
		e.way = observe.Way{Status: e.blocked.ready, Reason: e.blocked.reason, Message: e.blocked.message}
	case objects.Ingress != nil:
		e.way, err = wayThrough(ctx, webhook, r.Client, render.Name(webhook), objects.Ingress, &networking.Ingress{}, observe.IngressWay)
	case objects.HTTPRoute != nil:
		e.way, err = wayThrough(ctx, webhook, routes, render.Name(webhook), objects.HTTPRoute, &gateway.HTTPRoute{}, observe.RouteWay)
	default:
		e.way = inner
	}
	outer := e.blocked == nil && len(objects.Ways()) > 0
	if outer && service.Spec.Type == core.ServiceTypeLoadBalancer {
		e.way = observe.Together(e.way, inner)
	}
	if now, wanted := render.Scheme(webhook, &service), render.WantedScheme(webhook); now != wanted {
		e.way.Message += fmt.Sprintf("; Service %q, and what leads to it, change from %s to %s once all receivers speak %s", service.Name, now, wanted, wanted)
	}
	return err
}

// wayThrough is what an object is reported to lead to. One that the cache does not hold was just made, so it is as it was
// wanted, or it was never made because the resource is suspended.
func wayThrough[O client.Object](ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, cached client.Reader, name string, wanted runtime.ApplyConfiguration, into O, judge func(O) observe.Way) (observe.Way, error) {
	err := cached.Get(ctx, client.ObjectKey{Namespace: webhook.Namespace, Name: name}, into)
	switch {
	case err == nil:
		return judge(into), nil
	case !apierrors.IsNotFound(err):
		return observe.Way{}, fmt.Errorf("read %T: %w", into, err)
	}
	data, err := json.Marshal(wanted)
	if err != nil {
		return observe.Way{}, fmt.Errorf("encode object: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return observe.Way{}, fmt.Errorf("decode object: %w", err)
	}
	return judge(into), nil
}

// publicURL is made from the resource's host and path. Only that of a load balancer, which has no other name, is as
// reported; without any of these it is the Service's.
func publicURL(ctx context.Context, webhook *v1alpha1.SuperOfficeWebhook, service *core.Service, routes client.Reader) string {
	switch e := webhook.Spec.Exposure; {
	case e.Ingress != nil && e.Ingress.TLSSecretName != "":
		return render.URLAt(webhook, "https", string(e.Ingress.Host))
	case e.Ingress != nil:
		return render.URLAt(webhook, "http", string(e.Ingress.Host))
	case e.Gateway != nil:
		scheme := observe.Scheme(webhook, func(namespace, name string) *gateway.Gateway {
			var g gateway.Gateway
			if routes == nil || routes.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &g) != nil {
				return nil // there is none, or it is in a namespace that the operator does not look into
			}
			return &g
		})
		return render.URLAt(webhook, scheme, string(e.Gateway.Hostnames[0]))
	}
	host := cmp.Or(observe.LoadBalancerAddress(service), render.ServiceHost(webhook))
	return render.URLAt(webhook, render.Scheme(webhook, service), host)
}
