// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// RouteWay is what the controllers of the Gateways make of a route: each that it refers to has to accept it and to find the
// Service. What was said about a former generation of the route does not count.
func RouteWay(route *gateway.HTTPRoute) Way {
	var rejected, pending, accepted []string
	for _, ref := range route.Spec.ParentRefs {
		name := gatewayName(route, ref)
		answers := answersOf(route, ref)
		switch reason := refusal(answers); {
		case reason != "":
			rejected = append(rejected, name+": "+reason)
		case !slices.ContainsFunc(answers, accepts):
			pending = append(pending, name)
		default:
			accepted = append(accepted, name)
		}
	}
	slices.Sort(accepted)
	switch {
	case len(rejected) > 0:
		return Way{meta.ConditionFalse, v1alpha1.ReasonRouteRejected, strings.Join(rejected, "; ")}
	case len(pending) > 0:
		message := fmt.Sprintf("the controller of %s has not accepted HTTPRoute %q yet", strings.Join(pending, ", "), route.Name)
		return Way{meta.ConditionUnknown, v1alpha1.ReasonRoutePending, message}
	}
	return exposed("accepted by %s", strings.Join(accepted, ", "))
}

// gatewayName is like "Gateway infra/public (https)".
func gatewayName(route *gateway.HTTPRoute, ref gateway.ParentReference) string {
	name := fmt.Sprintf("Gateway %s/%s", namespaceOf(route, ref), ref.Name)
	if ref.SectionName != nil {
		name += fmt.Sprintf(" (%s)", *ref.SectionName)
	}
	return name
}

func namespaceOf(route *gateway.HTTPRoute, ref gateway.ParentReference) gateway.Namespace {
	return ptr.Deref(ref.Namespace, gateway.Namespace(route.Namespace))
}

// answersOf are the conditions of each controller that has looked at the route as it is now.
func answersOf(route *gateway.HTTPRoute, ref gateway.ParentReference) (answers [][]meta.Condition) {
	for _, p := range route.Status.Parents {
		if !sameParent(route, p.ParentRef, ref) {
			continue
		}
		var current []meta.Condition
		for _, c := range p.Conditions {
			if c.ObservedGeneration == 0 || c.ObservedGeneration >= route.Generation { // 0: the controller does not say
				current = append(current, c)
			}
		}
		answers = append(answers, current)
	}
	return answers
}

func sameParent(route *gateway.HTTPRoute, a, b gateway.ParentReference) bool {
	return a.Name == b.Name && namespaceOf(route, a) == namespaceOf(route, b) &&
		ptr.Deref(a.SectionName, "") == ptr.Deref(b.SectionName, "") && ptr.Deref(a.Port, 0) == ptr.Deref(b.Port, 0)
}

// refusal is why a controller does not take the route; empty if none says so.
func refusal(answers [][]meta.Condition) string {
	for _, conditions := range answers {
		for _, kind := range []gateway.RouteConditionType{gateway.RouteConditionAccepted, gateway.RouteConditionResolvedRefs} {
			if c := apimeta.FindStatusCondition(conditions, string(kind)); c != nil && c.Status == meta.ConditionFalse {
				return fmt.Sprintf("%s: %s", c.Reason, strings.TrimSpace(c.Message))
			}
		}
	}
	return ""
}

func accepts(conditions []meta.Condition) bool {
	return apimeta.IsStatusConditionTrue(conditions, string(gateway.RouteConditionAccepted)) &&
		apimeta.IsStatusConditionTrue(conditions, string(gateway.RouteConditionResolvedRefs))
}

// Scheme is how clients reach a route: https if a listener that it is to be attached to ends TLS, and also where that can't
// be told, since nobody should be led to post in the clear by mistake. find reads a Gateway; nil if it can't be read.
func Scheme(w *v1alpha1.SuperOfficeWebhook, find func(namespace, name string) *gateway.Gateway) string {
	plain := false
	for _, ref := range w.Spec.Exposure.Gateway.ParentRefs {
		g := find(cmp.Or(ref.Namespace, w.Namespace), ref.Name)
		if g == nil {
			return "https"
		}
		for _, l := range g.Spec.Listeners {
			if !attaches(ref, l, w.Spec.Exposure.Gateway.Hostnames) {
				continue
			}
			if l.Protocol == gateway.HTTPSProtocolType {
				return "https"
			}
			plain = true
		}
	}
	if plain {
		return "http"
	}
	return "https"
}

// attaches tells whether a listener is one of those that the reference means.
func attaches(ref v1alpha1.GatewayReference, l gateway.Listener, hosts []v1alpha1.Hostname) bool {
	if ref.SectionName != "" && ref.SectionName != string(l.Name) || ref.Port != 0 && ref.Port != l.Port {
		return false
	}
	return slices.ContainsFunc(hosts, func(host v1alpha1.Hostname) bool { return serves(l, string(host)) })
}

func serves(l gateway.Listener, host string) bool {
	wanted := string(ptr.Deref(l.Hostname, ""))
	if domain, ok := strings.CutPrefix(wanted, "*"); ok {
		return strings.HasSuffix(host, domain)
	}
	return wanted == "" || wanted == host
}
