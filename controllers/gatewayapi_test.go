// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// emptyCache is one that runs and is asked nothing.
type emptyCache struct {
	cache.Cache
	started, ended chan struct{}
	never          bool // has it the routes
}

func (c *emptyCache) Start(ctx context.Context) error {
	close(c.started)
	<-ctx.Done()
	close(c.ended)
	return nil
}

func (c *emptyCache) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	if c.never {
		return nil, errors.New("forbidden")
	}
	return nil, nil
}

func (c *emptyCache) WaitForCacheSync(ctx context.Context) bool {
	select {
	case <-c.started:
		return true
	case <-ctx.Done():
		return false
	}
}

func TestGatewayAPIComesAndGoes(t *testing.T) {
	var caches []*emptyCache
	served, asked, watched := false, 0, 0
	ctx, cancel := context.WithCancel(t.Context())
	g := &gatewayAPI{
		serves: func(context.Context) (bool, error) { asked++; return served, nil },
		open: func() (cache.Cache, error) {
			c := &emptyCache{started: make(chan struct{}), ended: make(chan struct{})}
			caches = append(caches, c)
			return c, nil
		},
		watch: func(cache.Cache) error { watched++; return nil },
		until: ctx,
	}
	reads := func(want bool) {
		t.Helper()
		r, err := g.reader(ctx)
		if err != nil || (r != nil) != want {
			t.Fatalf("there is a reader: %t, %v", r != nil, err)
		}
	}
	reads(false)
	served = true
	reads(true)
	reads(true)
	served = false
	reads(false)
	<-caches[0].ended
	served = true
	reads(true)
	if watched != 2 {
		t.Errorf("watched %d times", watched)
	}

	t.Run("and is asked for now and then", func(t *testing.T) {
		g.interval, asked, served = time.Hour, 0, false
		reads(true)
		if asked != 0 {
			t.Errorf("asked %d times", asked)
		}
		g.doubt()
		reads(false)
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	})
	t.Run("and leaves nothing behind", func(t *testing.T) {
		g.doubt()
		served = true
		reads(true)
		ended := make(chan error)
		go func() { ended <- g.Start(ctx) }()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, c := range caches {
			<-c.ended
		}
		reads(false)
	})
}

func TestGatewayAPIThatCannotBeAskedFor(t *testing.T) {
	failure := errors.New("the API server is away")
	g := &gatewayAPI{serves: func(context.Context) (bool, error) { return false, failure }}
	for range 2 { // it is not taken for an answer
		if r, err := g.reader(t.Context()); !errors.Is(err, failure) || r != nil {
			t.Errorf("got %v, %v", r, err)
		}
	}
}

func TestGatewayAPIThatCannotBeRead(t *testing.T) {
	c := &emptyCache{started: make(chan struct{}), ended: make(chan struct{}), never: true}
	g := &gatewayAPI{
		serves:   func(context.Context) (bool, error) { return true, nil },
		open:     func() (cache.Cache, error) { return c, nil },
		watch:    func(cache.Cache) error { t.Error("it is watched"); return nil },
		until:    t.Context(),
		interval: time.Hour,
	}
	for range 2 { // it is not taken for an API that is not served
		if r, err := g.reader(t.Context()); !errors.Is(err, errNotListed) || r != nil {
			t.Errorf("got %v, %v", r, err)
		}
	}
	<-c.ended
}

func TestOperatorWithoutGatewayAPI(t *testing.T) {
	var g gatewayAPI
	if r, err := g.reader(t.Context()); r != nil || err != nil {
		t.Errorf("got %v, %v", r, err)
	}
}

// resources is what an API server says of an API.
type resources struct {
	discovery.ServerResourcesInterfaceWithContext
	names []string
	err   error
}

func (r resources) ServerResourcesForGroupVersionWithContext(context.Context, string) (*meta.APIResourceList, error) {
	list := &meta.APIResourceList{}
	for _, name := range r.names {
		list.APIResources = append(list.APIResources, meta.APIResource{Name: name})
	}
	return list, r.err
}

func TestServesHTTPRoutes(t *testing.T) {
	for _, c := range []struct {
		name   string
		of     resources
		served bool
		fails  bool
	}{
		{"no API", resources{err: apierrors.NewNotFound(schema.GroupResource{}, "")}, false, false},
		{"the API of routes only", resources{names: []string{"httproutes"}}, false, false},
		{"the API of Gateways only", resources{names: []string{"gateways", "gateways/status"}}, false, false},
		{"all of the API", resources{names: []string{"gateways", "httproutes"}}, true, false},
		{"an API server that is busy", resources{err: apierrors.NewTooManyRequests("busy", 1)}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			served, err := servesHTTPRoutes(c.of)(t.Context())
			if served != c.served || (err != nil) != c.fails {
				t.Errorf("got %t, %v", served, err)
			}
		})
	}
}

func TestStripGatewayKeepsListeners(t *testing.T) {
	host := gateway.Hostname("hooks.example.com")
	g := &gateway.Gateway{
		ObjectMeta: meta.ObjectMeta{Namespace: "infra", Name: "public", UID: "uid", ResourceVersion: "5", Annotations: map[string]string{"large": "annotation"}},
		Spec: gateway.GatewaySpec{GatewayClassName: "nginx", Listeners: []gateway.Listener{{
			Name: "https", Hostname: &host, Port: 443, Protocol: "HTTPS", TLS: &gateway.ListenerTLSConfig{},
		}}},
		Status: gateway.GatewayStatus{Conditions: []meta.Condition{{Type: "Programmed"}}},
	}
	want := &gateway.Gateway{
		ObjectMeta: meta.ObjectMeta{Namespace: "infra", Name: "public", UID: "uid", ResourceVersion: "5"},
		Spec:       gateway.GatewaySpec{Listeners: []gateway.Listener{{Name: "https", Hostname: &host, Port: 443, Protocol: "HTTPS"}}},
	}
	got, err := stripGateway(g)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
