// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// routeGeneration is that of the route in these tests.
const routeGeneration = 2

var (
	own    = gateway.ParentReference{Name: "own"}
	public = gateway.ParentReference{Name: "public", Namespace: ptr.To[gateway.Namespace]("infra"), SectionName: ptr.To[gateway.SectionName]("https")}
)

// says is a condition about the route as it is.
func says(kind gateway.RouteConditionType, status meta.ConditionStatus, reason, message string) meta.Condition {
	return meta.Condition{Type: string(kind), Status: status, Reason: reason, Message: message, ObservedGeneration: routeGeneration}
}

var (
	taken    = says(gateway.RouteConditionAccepted, meta.ConditionTrue, "Accepted", "")
	resolved = says(gateway.RouteConditionResolvedRefs, meta.ConditionTrue, "ResolvedRefs", "")
)

// about is what a controller tells of one parent.
func about(ref gateway.ParentReference, conditions ...meta.Condition) gateway.RouteParentStatus {
	return gateway.RouteParentStatus{ParentRef: ref, ControllerName: "example.com/gateway", Conditions: conditions}
}

func former(c meta.Condition) meta.Condition {
	c.ObservedGeneration = routeGeneration - 1
	return c
}

func TestRouteWay(t *testing.T) {
	notAllowed := says(gateway.RouteConditionAccepted, meta.ConditionFalse, "NotAllowedByListeners", "namespace sales is not allowed\n")
	noBackend := says(gateway.RouteConditionResolvedRefs, meta.ConditionFalse, "BackendNotFound", "no Service crm-receiver")
	pending := Way{"Unknown", "RoutePending", `the controller of Gateway sales/own, Gateway infra/public (https) has not accepted HTTPRoute "crm-receiver" yet`}
	halfPending := Way{"Unknown", "RoutePending", `the controller of Gateway infra/public (https) has not accepted HTTPRoute "crm-receiver" yet`}
	for _, c := range []struct {
		name    string
		parents []gateway.RouteParentStatus
		want    Way
	}{
		{"nobody has looked at", nil, pending},
		{"one Gateway has taken", []gateway.RouteParentStatus{about(own, taken, resolved)}, halfPending},
		{"all have taken", []gateway.RouteParentStatus{about(public, taken, resolved), about(own, taken, resolved)}, Way{"True", "Exposed", "accepted by Gateway infra/public (https), Gateway sales/own"}},
		{"one does not allow", []gateway.RouteParentStatus{about(public, notAllowed, resolved), about(own, taken, resolved)}, Way{"False", "RouteRejected", "Gateway infra/public (https): NotAllowedByListeners: namespace sales is not allowed"}},
		{"leads nowhere", []gateway.RouteParentStatus{about(own, taken, noBackend), about(public, taken, resolved)}, Way{"False", "RouteRejected", "Gateway sales/own: BackendNotFound: no Service crm-receiver"}},
		{"was refused before it was changed", []gateway.RouteParentStatus{about(own, former(notAllowed)), about(public, former(taken), former(resolved))}, pending},
		{"is said to be accepted, and no more", []gateway.RouteParentStatus{about(own, taken), about(public, taken)}, pending},
		{"is judged by a controller that tells no generation", []gateway.RouteParentStatus{
			about(own, func() meta.Condition { c := notAllowed; c.ObservedGeneration = 0; return c }()),
			about(public, taken, resolved),
		}, Way{"False", "RouteRejected", "Gateway sales/own: NotAllowedByListeners: namespace sales is not allowed"}},
		{"another section has taken", []gateway.RouteParentStatus{
			about(gateway.ParentReference{Name: "public", Namespace: public.Namespace, SectionName: ptr.To[gateway.SectionName]("http")}, taken, resolved),
			about(own, taken, resolved),
		}, halfPending},
		{"a Gateway of the same name elsewhere has taken", []gateway.RouteParentStatus{
			about(gateway.ParentReference{Name: "own", Namespace: public.Namespace}, taken, resolved), about(public, taken, resolved),
		}, Way{"Unknown", "RoutePending", `the controller of Gateway sales/own has not accepted HTTPRoute "crm-receiver" yet`}},
		{"a controller spells the namespace out for", []gateway.RouteParentStatus{
			about(gateway.ParentReference{Name: "own", Namespace: ptr.To[gateway.Namespace]("sales")}, taken, resolved), about(public, taken, resolved),
		}, Way{"True", "Exposed", "accepted by Gateway infra/public (https), Gateway sales/own"}},
	} {
		t.Run("a route that "+c.name, func(t *testing.T) {
			route := &gateway.HTTPRoute{ObjectMeta: meta.ObjectMeta{Namespace: "sales", Name: "crm-receiver", Generation: routeGeneration}}
			route.Spec.ParentRefs = []gateway.ParentReference{own, public}
			route.Status.Parents = c.parents
			if diff := cmp.Diff(c.want, RouteWay(route)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestScheme(t *testing.T) {
	listener := func(name string, port int32, protocol gateway.ProtocolType, host string) gateway.Listener {
		l := gateway.Listener{Name: gateway.SectionName(name), Port: port, Protocol: protocol}
		if host != "" {
			l.Hostname = ptr.To(gateway.Hostname(host))
		}
		return l
	}
	plain, secure := listener("http", 80, "HTTP", ""), listener("https", 443, "HTTPS", "")
	for _, c := range []struct {
		name      string
		ref       v1alpha1.GatewayReference
		listeners []gateway.Listener // nil: the Gateway can't be read
		want      string
	}{
		{"a Gateway that is out of sight", v1alpha1.GatewayReference{}, nil, "https"},
		{"one without listeners", v1alpha1.GatewayReference{}, []gateway.Listener{}, "https"},
		{"one with both", v1alpha1.GatewayReference{}, []gateway.Listener{plain, secure}, "https"},
		{"one without TLS", v1alpha1.GatewayReference{}, []gateway.Listener{plain}, "http"},
		{"the section without TLS", v1alpha1.GatewayReference{SectionName: "http"}, []gateway.Listener{plain, secure}, "http"},
		{"the section with TLS", v1alpha1.GatewayReference{SectionName: "https"}, []gateway.Listener{plain, secure}, "https"},
		{"the port without TLS", v1alpha1.GatewayReference{Port: 80}, []gateway.Listener{plain, secure}, "http"},
		{"one that ends TLS for other hosts", v1alpha1.GatewayReference{}, []gateway.Listener{plain, listener("other", 443, "HTTPS", "*.example.org")}, "http"},
		{"one that ends TLS for the host", v1alpha1.GatewayReference{}, []gateway.Listener{plain, listener("own", 443, "HTTPS", "hooks.example.com")}, "https"},
		{"one that ends TLS for all hosts of the domain", v1alpha1.GatewayReference{}, []gateway.Listener{plain, listener("all", 443, "HTTPS", "*.example.com")}, "https"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.ref.Name = "public"
			w := &v1alpha1.SuperOfficeWebhook{ObjectMeta: meta.ObjectMeta{Namespace: "sales", Name: "crm"}}
			w.Spec.Exposure.Gateway = &v1alpha1.GatewayExposure{ParentRefs: []v1alpha1.GatewayReference{c.ref}, Hostnames: []v1alpha1.Hostname{"hooks.example.com"}}
			got := Scheme(w, func(namespace, name string) *gateway.Gateway {
				if c.listeners == nil || namespace != "sales" || name != "public" {
					return nil
				}
				return &gateway.Gateway{Spec: gateway.GatewaySpec{Listeners: c.listeners}}
			})
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
