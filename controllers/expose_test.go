// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/observe"
	"github.com/superoffice-webhook/operator/controllers/render"
)

func withIngress(w *v1alpha1.SuperOfficeWebhook) {
	w.Spec.Exposure.Ingress = &v1alpha1.IngressExposure{Host: "hooks.example.com", TLSSecretName: "hooks-tls"}
}

func withRoute(w *v1alpha1.SuperOfficeWebhook) {
	w.Spec.Exposure.Gateway = &v1alpha1.GatewayExposure{ParentRefs: []v1alpha1.GatewayReference{{Name: "public"}}, Hostnames: []v1alpha1.Hostname{"hooks.example.com"}}
}

// ofResource is the metadata of an object that a resource controls.
func ofResource(w *v1alpha1.SuperOfficeWebhook) meta.ObjectMeta {
	return meta.ObjectMeta{Namespace: w.Namespace, Name: render.Name(w), UID: "object-uid", OwnerReferences: []meta.OwnerReference{{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "SuperOfficeWebhook", Name: w.Name, UID: w.UID, Controller: ptr.To(true),
	}}}
}

// exposing is a reconciler with an API server that serves HTTPRoutes and holds these objects. An apply ends with refuse.
func exposing(t *testing.T, refuse error, objects ...client.Object) *Reconciler {
	t.Helper()
	api := server(t, objects...).WithInterceptorFuncs(interceptor.Funcs{
		Apply: func(context.Context, client.WithWatch, runtime.ApplyConfiguration, ...client.ApplyOption) error {
			return refuse
		},
	}).Build()
	return &Reconciler{Client: api, Live: api, gateways: gatewayAPI{cached: api}}
}

func (r *Reconciler) exposeOnce(t *testing.T, w *v1alpha1.SuperOfficeWebhook) (*exposure, error) {
	t.Helper()
	live, err := r.live(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return r.expose(t.Context(), w, objectsOf(t, w, live))
}

func objectsOf(t *testing.T, w *v1alpha1.SuperOfficeWebhook, live render.Live) *render.Objects {
	t.Helper()
	objects, err := render.Webhook(w, render.Options{Image: "receiver"}, nil, live)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// inClear is the Service of a resource whose receivers speak HTTP.
func inClear(w *v1alpha1.SuperOfficeWebhook) *core.Service {
	return &core.Service{ObjectMeta: ofResource(w), Spec: core.ServiceSpec{Ports: []core.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromString("http")}}}}
}

const turning = `Service "crm-receiver", and what leads to it, change from http to https once all receivers speak https`

func TestExpose(t *testing.T) {
	ingresses, routes := schema.GroupResource{Group: "networking.k8s.io", Resource: "ingresses"}, schema.GroupResource{Group: "gateway.networking.k8s.io", Resource: "httproutes"}
	denied := apierrors.NewForbidden(ingresses, "crm-receiver", errors.New("somebody else has this host"))
	taken := resource(func(w *v1alpha1.SuperOfficeWebhook) { w.UID = "another" })
	for _, c := range []struct {
		name    string
		webhook *v1alpha1.SuperOfficeWebhook
		refuse  error
		there   []client.Object
		want    exposure
	}{
		{
			name: "nothing but the Service", webhook: resource(),
			want: exposure{url: "http://crm-receiver.sales.svc/webhook", way: observe.Way{Status: "True", Reason: "ClusterOnly", Message: "inside the cluster only: spec.exposure asks for no way from outside"}},
		},
		{
			name: "a Service that leads to the former entrance", webhook: resource(onTLS), there: []client.Object{inClear(resource())},
			want: exposure{url: "http://crm-receiver.sales.svc/webhook", way: observe.Way{
				Status: "True", Reason: "ClusterOnly", Message: "inside the cluster only: spec.exposure asks for no way from outside; " + turning,
			}},
		},
		{
			name: "an Ingress that waits for the entrance to change", webhook: resource(onTLS, withIngress), refuse: errors.New("it was written"),
			there: []client.Object{inClear(resource()), &networking.Ingress{ObjectMeta: ofResource(resource())}},
			want: func() exposure {
				way := observe.IngressWay(&networking.Ingress{ObjectMeta: meta.ObjectMeta{Name: "crm-receiver"}})
				way.Message += "; " + turning
				return exposure{url: "https://hooks.example.com/webhook", way: way}
			}(),
		},
		{
			name: "an Ingress that was just made", webhook: resource(withIngress),
			want: exposure{url: "https://hooks.example.com/webhook", way: observe.IngressWay(&networking.Ingress{ObjectMeta: meta.ObjectMeta{Name: "crm-receiver"}})},
		},
		{
			name: "an Ingress that is refused", webhook: resource(withIngress), refuse: denied,
			want: exposure{
				url: "https://hooks.example.com/webhook", way: observe.Way{Status: "False", Reason: "Invalid", Message: denied.Error()},
				blocked: &verdict{stuck, "False", "Invalid", denied.Error()},
			},
		},
		{
			name: "an Ingress of another resource's", webhook: resource(withIngress), there: []client.Object{&networking.Ingress{ObjectMeta: ofResource(taken)}},
			want: func() exposure {
				message := `Ingress "crm-receiver" of a deleted resource is still being removed`
				return exposure{
					url: "https://hooks.example.com/webhook", way: observe.Way{Status: "False", Reason: "CleaningUp", Message: message},
					blocked: &verdict{working, "False", "CleaningUp", message},
				}
			}(),
		},
		{
			name: "a route whose kind has just gone", webhook: resource(withRoute), refuse: apierrors.NewNotFound(routes, ""),
			want: func() exposure {
				v := notServed()
				return exposure{url: "https://hooks.example.com/webhook", way: observe.Way{Status: v.ready, Reason: v.reason, Message: v.message}, blocked: v}
			}(),
		},
		{
			name: "a route whose kind is going", webhook: resource(withRoute),
			refuse: apierrors.NewForbidden(routes, "crm-receiver", errors.New("create not allowed while custom resource definition is terminating")),
			want: func() exposure {
				v := notServed()
				return exposure{url: "https://hooks.example.com/webhook", way: observe.Way{Status: v.ready, Reason: v.reason, Message: v.message}, blocked: v}
			}(),
		},
		{
			name: "an Ingress of a resource that is suspended, which stays as it is", webhook: resource(withIngress, suspended), refuse: errors.New("it was written"),
			there: []client.Object{&networking.Ingress{ObjectMeta: ofResource(resource())}},
			want:  exposure{url: "https://hooks.example.com/webhook", way: observe.IngressWay(&networking.Ingress{ObjectMeta: meta.ObjectMeta{Name: "crm-receiver"}})},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := exposing(t, c.refuse, c.there...).exposeOnce(t, c.webhook)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got, cmp.AllowUnexported(exposure{}, verdict{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	t.Run("half of what is found is nothing", func(t *testing.T) {
		unreadable := errors.New("the cache is away")
		api := server(t).WithInterceptorFuncs(interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
				if _, isService := into.(*core.Service); isService {
					return unreadable
				}
				return c.Get(ctx, key, into, opts...)
			},
		}).Build()
		got, err := (&Reconciler{Client: api, Live: api}).expose(t.Context(), resource(), objectsOf(t, resource(), render.Live{}))
		if !errors.Is(err, unreadable) || got != nil {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("an API server that is busy is tried again", func(t *testing.T) {
		busy := apierrors.NewTooManyRequests("busy", 1)
		if _, err := exposing(t, busy).exposeOnce(t, resource(withIngress)); !errors.Is(err, busy) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWaysThatAreNotAskedForGo(t *testing.T) {
	for _, c := range []struct {
		name    string
		webhook *v1alpha1.SuperOfficeWebhook
		refuse  error
		by      *v1alpha1.SuperOfficeWebhook
		ingress bool
		route   bool
	}{
		{"both", resource(), nil, resource(), false, false},
		{"the route, when it is an Ingress now", resource(withIngress), nil, resource(), true, false},
		{"the Ingress, when it is a route now", resource(withRoute), nil, resource(), false, true},
		{"not the Ingress, while the route is refused", resource(withRoute), apierrors.NewBadRequest("no"), resource(), true, true},
		{"none while the resource is suspended", resource(suspended), nil, resource(), true, true},
		{"none of somebody else's", resource(), nil, resource(func(w *v1alpha1.SuperOfficeWebhook) { w.UID = "another" }), true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			ingress, route := &networking.Ingress{ObjectMeta: ofResource(c.by)}, &gateway.HTTPRoute{ObjectMeta: ofResource(c.by)}
			r := exposing(t, c.refuse, ingress, route, &core.Service{ObjectMeta: ofResource(c.by)})
			if _, err := r.exposeOnce(t, c.webhook); err != nil {
				t.Fatal(err)
			}
			for o, want := range map[client.Object]bool{ingress: c.ingress, route: c.route} {
				err := r.Client.Get(t.Context(), client.ObjectKeyFromObject(o), o)
				if client.IgnoreNotFound(err) != nil || (err == nil) != want {
					t.Errorf("%T is there: %t, want %t", o, err == nil, want)
				}
			}
		})
	}
}
