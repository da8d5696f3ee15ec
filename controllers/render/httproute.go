// SPDX-License-Identifier: Apache-2.0

package render

import (
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/applyconfiguration/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// httpRoute leads from Gateways to the Service's entrance, on the webhook's path and no other. It says aloud what the definition of
// HTTPRoute has defaults for, because its lists are written as a whole.
func httpRoute(w *v1alpha1.SuperOfficeWebhook, o Options, to entrance) *gatewayv1.HTTPRouteApplyConfiguration {
	wanted := w.Spec.Exposure.Gateway
	spec := gatewayv1.HTTPRouteSpec().
		WithRules(gatewayv1.HTTPRouteRule().
			WithMatches(gatewayv1.HTTPRouteMatch().
				WithPath(gatewayv1.HTTPPathMatch().
					WithType(gateway.PathMatchExact).
					WithValue(intakePath(w)))).
			WithBackendRefs(gatewayv1.HTTPBackendRef().
				WithGroup("").
				WithKind("Service").
				WithName(gateway.ObjectName(ReceiversName(w))).
				WithPort(to.port).
				WithWeight(1)))
	for _, ref := range wanted.ParentRefs {
		spec.WithParentRefs(parentReference(ref))
	}
	for _, host := range wanted.Hostnames {
		spec.WithHostnames(gateway.Hostname(host))
	}
	return gatewayv1.HTTPRoute(Name(w), w.Namespace).
		WithLabels(ownLabels(w, o)).
		WithOwnerReferences(owner(w)).
		WithSpec(spec)
}

func parentReference(ref v1alpha1.GatewayReference) *gatewayv1.ParentReferenceApplyConfiguration {
	parent := gatewayv1.ParentReference().
		WithGroup(gateway.GroupName).
		WithKind("Gateway").
		WithName(gateway.ObjectName(ref.Name))
	if ref.Namespace != "" {
		parent.WithNamespace(gateway.Namespace(ref.Namespace))
	}
	if ref.SectionName != "" {
		parent.WithSectionName(gateway.SectionName(ref.SectionName))
	}
	if ref.Port != 0 {
		parent.WithPort(ref.Port)
	}
	return parent
}
