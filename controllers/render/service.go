// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// service leads to the intake of all ready receivers. The admin port is left out: it must not be exposed along with it.
func service(w *v1alpha1.SuperOfficeWebhook, o Options) *corev1.ServiceApplyConfiguration {
	in := entranceOf(w)
	return corev1.Service(Name(w), w.Namespace).
		WithLabels(objectLabels(w, o)).
		WithOwnerReferences(owner(w)).
		WithSpec(corev1.ServiceSpec().
			WithType(core.ServiceTypeClusterIP).
			WithSelector(Selector(w)).
			WithPorts(corev1.ServicePort().
				WithName(in.scheme).
				WithProtocol(core.ProtocolTCP). // part of the list's key: it must be given for server-side apply
				WithAppProtocol(in.scheme).
				WithPort(in.port).
				WithTargetPort(intstr.FromString(in.scheme))))
}

// URL is where events are accepted inside the cluster.
func URL(w *v1alpha1.SuperOfficeWebhook) string {
	path := w.Spec.Exposure.Path
	if path == "" {
		path = "/webhook"
	}
	return fmt.Sprintf("%s://%s.%s.svc%s", entranceOf(w).scheme, Name(w), w.Namespace, path)
}
