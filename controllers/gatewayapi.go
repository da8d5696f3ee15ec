// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// routeKind is that of routes.
var routeKind = schema.GroupVersion(gateway.GroupVersion).WithKind("HTTPRoute")

// syncTimeout is how long a round waits for the first list of HTTPRoutes, and all others with it.
const syncTimeout = 5 * time.Second

// gatewayAPI is the view on HTTPRoutes and Gateways. A cluster need not serve them, and can begin and cease to while the
// operator runs; so they are watched through a cache of their own, which lives while they are served.
//
// The zero value sees nothing: the API is not served.
type gatewayAPI struct {
	// serves asks the API server.
	serves func(context.Context) (bool, error)
	// open makes a cache.
	open func() (cache.Cache, error)
	// watch has its routes watched, once it holds them.
	watch func(cache.Cache) error
	// interval is how long an answer of serves is believed. All resources share it.
	interval time.Duration
	// until is the end of everything.
	until context.Context

	mu    sync.Mutex
	asked time.Time
	// cached is nil while the API is not served, or could not be read: then failure says why.
	cached  client.Reader
	failure error
	cancel  context.CancelFunc
	caches  sync.WaitGroup
}

// The one who asks which APIs there are need not be allowed anything but to log in.
//
// +kubebuilder:rbac:groups=gateway.networking.k8s.io,resources=gateways,verbs=get;list;watch

// reader reads HTTPRoutes of the operator's and Gateways. It is nil while the cluster does not serve them.
func (g *gatewayAPI) reader(ctx context.Context) (client.Reader, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.serves == nil || time.Since(g.asked) < g.interval {
		return g.cached, g.failure
	}
	served, err := g.serves(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the Gateway API: %w", err)
	}
	g.asked, g.failure = time.Now(), nil
	switch {
	case served && g.cached == nil:
		g.failure = g.begin(ctx)
	case !served && g.cached != nil:
		g.end()
	}
	return g.cached, g.failure
}

// doubt has the API server asked again: it has just said that it does not know HTTPRoutes.
func (g *gatewayAPI) doubt() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = time.Time{}
}

func (g *gatewayAPI) begin(ctx context.Context) error {
	c, err := g.open()
	if err != nil {
		return fmt.Errorf("make a cache of HTTPRoutes: %w", err)
	}
	lifetime, cancel := context.WithCancel(g.until)
	g.caches.Go(func() {
		if err := c.Start(lifetime); err != nil {
			ctrl.Log.Error(err, "The cache of HTTPRoutes ended")
		}
	})
	if err := g.fill(ctx, c); err != nil {
		cancel()
		return err
	}
	g.cached, g.cancel = c, cancel
	return nil
}

// fill returns when the cache holds all routes, and tells of those that change.
func (g *gatewayAPI) fill(ctx context.Context, c cache.Cache) error {
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	if !c.WaitForCacheSync(ctx) { // which has started then
		return errNotListed
	}
	if _, err := c.GetInformer(ctx, &gateway.HTTPRoute{}); err != nil {
		return errNotListed
	}
	return g.watch(c)
}

var errNotListed = errors.New("the API server does not list HTTPRoutes in time; perhaps the operator may not read them")

func (g *gatewayAPI) end() {
	g.cancel()
	g.cached = nil
}

// Start waits for the end, as the owner of the caches. The manager calls it.
func (g *gatewayAPI) Start(ctx context.Context) error {
	<-ctx.Done()
	g.mu.Lock()
	if g.cached != nil {
		g.end()
	}
	g.serves = nil // nothing is opened any more
	g.mu.Unlock()
	g.caches.Wait()
	return nil
}

// servesHTTPRoutes asks for the resources of the Gateway API in the version that the operator speaks.
func servesHTTPRoutes(d discovery.ServerResourcesInterfaceWithContext) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		list, err := d.ServerResourcesForGroupVersionWithContext(ctx, gateway.GroupVersion.String())
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		found := map[string]bool{}
		for _, r := range list.APIResources {
			found[r.Name] = true
		}
		return found["httproutes"] && found["gateways"], nil
	}
}

// stripGateway keeps what tells how clients reach a route.
func stripGateway(in any) (any, error) {
	g, ok := in.(*gateway.Gateway)
	if !ok {
		return in, nil
	}
	kept := &gateway.Gateway{
		TypeMeta:   g.TypeMeta,
		ObjectMeta: meta.ObjectMeta{Namespace: g.Namespace, Name: g.Name, UID: g.UID, ResourceVersion: g.ResourceVersion},
	}
	for _, l := range g.Spec.Listeners {
		kept.Spec.Listeners = append(kept.Spec.Listeners, gateway.Listener{Name: l.Name, Hostname: l.Hostname, Port: l.Port, Protocol: l.Protocol})
	}
	return kept, nil
}
