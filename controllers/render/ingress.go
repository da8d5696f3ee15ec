// SPDX-License-Identifier: Apache-2.0

package render

import (
	networking "k8s.io/api/networking/v1"
	networkingv1 "k8s.io/client-go/applyconfigurations/networking/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// ingress leads from a host outside of the cluster to the Service's entrance, on the webhook's path and no other.
func ingress(w *v1alpha1.SuperOfficeWebhook, o Options, to entrance) *networkingv1.IngressApplyConfiguration {
	wanted := w.Spec.Exposure.Ingress
	host := string(wanted.Host)
	spec := networkingv1.IngressSpec().
		WithRules(networkingv1.IngressRule().
			WithHost(host).
			WithHTTP(networkingv1.HTTPIngressRuleValue().
				WithPaths(networkingv1.HTTPIngressPath().
					WithPath(intakePath(w)).
					WithPathType(networking.PathTypeExact).
					WithBackend(networkingv1.IngressBackend().
						WithService(networkingv1.IngressServiceBackend().
							WithName(ReceiversName(w)).
							WithPort(networkingv1.ServiceBackendPort().WithNumber(to.port)))))))
	if wanted.ClassName != nil {
		spec.WithIngressClassName(*wanted.ClassName)
	}
	if wanted.TLSSecretName != "" {
		spec.WithTLS(networkingv1.IngressTLS().WithHosts(host).WithSecretName(wanted.TLSSecretName))
	}
	return networkingv1.Ingress(Name(w), w.Namespace).
		WithLabels(ownLabels(w, o)).
		WithAnnotations(wanted.Annotations).
		WithOwnerReferences(owner(w)).
		WithSpec(spec)
}
