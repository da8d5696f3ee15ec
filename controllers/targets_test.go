// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

var (
	brokerKind  = schema.GroupVersionKind{Group: "eventing.knative.dev", Version: "v1", Kind: "Broker"}
	clusterKind = schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Everywhere"}
)

// broker is an object that tells its URL.
func broker(name, url string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{"address": map[string]any{"url": url}}}}
	o.SetGroupVersionKind(brokerKind)
	o.SetNamespace("sales")
	o.SetName(name)
	return o
}

func aService(name string, ports ...core.ServicePort) *core.Service {
	return &core.Service{
		ObjectMeta: meta.ObjectMeta{Namespace: "sales", Name: name},
		Spec:       core.ServiceSpec{Ports: ports, Selector: map[string]string{"app": name}},
	}
}

func to(kind schema.GroupVersionKind, name string) *v1alpha1.TargetReference {
	return &v1alpha1.TargetReference{APIVersion: kind.GroupVersion().String(), Kind: kind.Kind, Name: name}
}

func atPort(name string, port intstr.IntOrString) *v1alpha1.TargetReference {
	return &v1alpha1.TargetReference{Name: name, Port: &port}
}

func TestTarget(t *testing.T) {
	https := "https"
	going := broker("going", "http://broker.example.com")
	going.SetDeletionTimestamp(new(meta.Now()))
	going.SetFinalizers([]string{"example.com/finalizer"})
	objects := []client.Object{
		aService("one", core.ServicePort{Port: 8080}),
		aService("usual", core.ServicePort{Port: 80}),
		aService("tls", core.ServicePort{Port: 443}),
		aService("named", core.ServicePort{Port: 8443, Name: "https"}),
		aService("says", core.ServicePort{Port: 8443, AppProtocol: &https}),
		aService("several", core.ServicePort{Port: 80, Name: "http"}, core.ServicePort{Port: 9090, Name: "metrics"}),
		aService("dns", core.ServicePort{Port: 53, Protocol: core.ProtocolUDP}, core.ServicePort{Port: 8080, Protocol: core.ProtocolTCP}),
		aService("none"),
		broker("crm", "http://broker.example.com/sales/crm#top"),
		broker("silent", ""),
		broker("ftp", "ftp://broker.example.com"),
		broker("user", "http://me:pass@broker.example.com"),
		broker("relative", "/sales/crm"),
		going,
	}
	mapper := apimeta.NewDefaultRESTMapper(nil)
	mapper.Add(serviceKind, apimeta.RESTScopeNamespace)
	mapper.Add(brokerKind, apimeta.RESTScopeNamespace)
	mapper.Add(clusterKind, apimeta.RESTScopeRoot)
	for _, c := range []struct {
		name string
		ref  *v1alpha1.TargetReference
		url  string
		// reason and message are those of a problem.
		reason, message string
	}{
		{name: "a Service with one port", ref: to(serviceKind, "one"), url: "http://one.sales.svc:8080/"},
		{name: "a Service by default", ref: &v1alpha1.TargetReference{Name: "usual"}, url: "http://usual.sales.svc/"},
		{name: "a Service at 443", ref: to(serviceKind, "tls"), url: "https://tls.sales.svc/"},
		{name: "a Service with a port called https", ref: to(serviceKind, "named"), url: "https://named.sales.svc:8443/"},
		{name: "a Service that says https", ref: to(serviceKind, "says"), url: "https://says.sales.svc:8443/"},
		{name: "one of several ports by name", ref: atPort("several", intstr.FromString("metrics")), url: "http://several.sales.svc:9090/"},
		{name: "one of several ports by number", ref: atPort("several", intstr.FromInt32(80)), url: "http://several.sales.svc/"},
		{name: "the only TCP port", ref: to(serviceKind, "dns"), url: "http://dns.sales.svc:8080/"},
		{name: "any of several ports", ref: to(serviceKind, "several"), reason: "SinkNotAddressable", message: `Service "several" has several ports: one has to be chosen by port`},
		{name: "a port that is not there", ref: atPort("several", intstr.FromInt32(81)), reason: "SinkNotAddressable", message: `Service "several" has no TCP port 81`},
		{name: "a port for UDP", ref: atPort("dns", intstr.FromInt32(53)), reason: "SinkNotAddressable", message: `Service "dns" has no TCP port 53`},
		{name: "a Service without ports", ref: to(serviceKind, "none"), reason: "SinkNotAddressable", message: `Service "none" has no TCP port`},
		{name: "a Service that does not exist", ref: to(serviceKind, "other"), reason: "SinkNotFound", message: `Service "other" not found`},
		{name: "a Service that may not be read", ref: to(serviceKind, "secret"), reason: "SinkForbidden", message: `the operator has no right to read Service "secret"`},
		{name: "a broker", ref: to(brokerKind, "crm"), url: "http://broker.example.com/sales/crm"},
		{name: "a broker without a URL", ref: to(brokerKind, "silent"), reason: "SinkNotAddressable", message: `Broker "silent" tells no URL in status.address.url`},
		{name: "a broker by FTP", ref: to(brokerKind, "ftp"), reason: "SinkNotAddressable", message: `Broker "ftp" tells in status.address.url what is no http or https URL`},
		{name: "a broker with credentials", ref: to(brokerKind, "user"), reason: "SinkNotAddressable", message: `Broker "user" tells in status.address.url what is no http or https URL without credentials`},
		{name: "a broker at a path", ref: to(brokerKind, "relative"), reason: "SinkNotAddressable", message: `what is no http or https URL`},
		{name: "a broker that is being deleted", ref: to(brokerKind, "going"), reason: "SinkNotFound", message: `Broker "going" not found`},
		{name: "a kind that does not exist", ref: to(brokerKind.GroupVersion().WithKind("Channel"), "crm"), reason: "SinkKindNotServed", message: "the cluster does not know the kind Channel of eventing.knative.dev/v1"},
		{name: "a kind without namespaces", ref: to(clusterKind, "crm"), reason: "SinkNotAddressable", message: "a Everywhere does not belong to any namespace"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var watched []schema.GroupVersionKind
			api := server(t, objects...).WithRESTMapper(mapper).WithInterceptorFuncs(interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, into client.Object, o ...client.GetOption) error {
				if key.Name == "secret" {
					return apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, key.Name, nil)
				}
				return c.Get(ctx, key, into, o...)
			}}).Build()
			r := &Reconciler{Client: api, Live: api, watched: watches{begin: func(kind schema.GroupVersionKind) error {
				watched = append(watched, kind)
				return nil
			}}}
			w := resource(func(w *v1alpha1.SuperOfficeWebhook) {
				w.Spec.Sinks = []v1alpha1.Sink{{Name: "log", Log: &v1alpha1.LogSink{}}, {Name: "erp", HTTP: &v1alpha1.HTTPSink{Ref: c.ref}}}
			})
			found, problems, err := r.targets(t.Context(), w)
			if err != nil {
				t.Fatal(err)
			}
			if c.url != "" && (len(problems) > 0 || found["erp"].URL == nil || found["erp"].URL.String() != c.url) {
				t.Errorf("got %v and %v, want %s", found["erp"], problems, c.url)
			}
			if c.reason != "" {
				want := "spec.sinks[1].http.ref: "
				if len(problems) != 1 || problems[0].reason != c.reason || !strings.HasPrefix(problems[0].message, want) || !strings.Contains(problems[0].message, c.message) {
					t.Errorf("problems %v, want %s: %s", problems, c.reason, c.message)
				}
				if found["erp"].URL != nil || !strings.Contains(found["erp"].WaitingFor, c.message) {
					t.Errorf("the sink gets %+v", found["erp"])
				}
			}
			// Only what exists, or may come to exist, and may be read is worth a watch.
			if worth := c.reason != "SinkForbidden" && c.reason != "SinkKindNotServed" && c.ref.Kind != "Everywhere"; (len(watched) == 1) != worth {
				t.Errorf("watched %v", watched)
			}
		})
	}
}

func TestReferrersTo(t *testing.T) {
	refers := func(namespace, name string, ref *v1alpha1.TargetReference) client.Object {
		return resource(func(w *v1alpha1.SuperOfficeWebhook) {
			w.Namespace, w.Name, w.Spec.Sinks[0].HTTP = namespace, name, &v1alpha1.HTTPSink{Ref: ref}
		})
	}
	api := server(t, refers("sales", "a", to(brokerKind, "crm")), refers("sales", "b", to(brokerKind, "other")),
		refers("sales", "c", to(serviceKind, "crm")), refers("default", "d", to(brokerKind, "crm")), resource()).
		WithIndex(&v1alpha1.SuperOfficeWebhook{}, indexTargets, targetNames).Build()
	for namespace, want := range map[string]reconcile.Request{"sales": request("sales", "a"), "default": request("default", "d")} {
		target := broker("crm", "")
		target.SetNamespace(namespace)
		if got := (&Reconciler{Client: api}).referrersTo(brokerKind)(t.Context(), target); !slices.Equal(got, []reconcile.Request{want}) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestOwnsReplicas(t *testing.T) {
	entry := func(manager string, operation meta.ManagedFieldsOperationType, subresource, fields string) meta.ManagedFieldsEntry {
		return meta.ManagedFieldsEntry{Manager: manager, Operation: operation, Subresource: subresource, FieldsV1: meta.NewFieldsV1(fields)}
	}
	const replicas = `{"f:spec":{"f:replicas":{}}}`
	for _, c := range []struct {
		name  string
		entry meta.ManagedFieldsEntry
		want  bool
	}{
		{"the operator, by applying", entry(FieldManager, meta.ManagedFieldsOperationApply, "", replicas), true},
		{"the operator, but not the number", entry(FieldManager, meta.ManagedFieldsOperationApply, "", `{"f:spec":{"f:template":{"f:spec":{}}}}`), false},
		{"the operator, by an update", entry(FieldManager, meta.ManagedFieldsOperationUpdate, "", replicas), false},
		{"an autoscaler", entry("kube-controller-manager", meta.ManagedFieldsOperationUpdate, "scale", replicas), false},
		{"who holds it meanwhile", entry(replicasManager, meta.ManagedFieldsOperationApply, "", replicas), false},
		{"nobody", meta.ManagedFieldsEntry{Manager: FieldManager, Operation: meta.ManagedFieldsOperationApply}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ownsReplicas([]meta.ManagedFieldsEntry{c.entry}); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
