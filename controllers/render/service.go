// SPDX-License-Identifier: Apache-2.0

package render

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"strings"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// service leads to the intake of all ready receivers. The admin port is left out: it must not be exposed along with it.
func service(r *receivers, o Options) *corev1.ServiceApplyConfiguration {
	wanted, in := r.service, r.leadsTo
	spec := corev1.ServiceSpec().
		WithType(core.ServiceType(cmp.Or(wanted.Type, v1alpha1.ServiceClusterIP))).
		WithSelector(r.selector).
		WithPorts(corev1.ServicePort().
			WithName(in.scheme).
			WithProtocol(core.ProtocolTCP). // part of the list's key: it must be given for server-side apply
			WithAppProtocol(in.scheme).
			WithPort(in.port).
			WithTargetPort(intstr.FromString(in.scheme)))
	if wanted.LoadBalancerClass != "" {
		spec.WithLoadBalancerClass(wanted.LoadBalancerClass)
	}
	if wanted.IPFamilyPolicy != "" {
		spec.WithIPFamilyPolicy(core.IPFamilyPolicy(wanted.IPFamilyPolicy))
	}
	for _, family := range wanted.IPFamilies {
		spec.WithIPFamilies(core.IPFamily(family))
	}
	return corev1.Service(r.name, r.namespace).
		WithLabels(objectLabels(r.selector, o)).
		WithAnnotations(wanted.Annotations).
		WithOwnerReferences(r.owners...).
		WithSpec(spec)
}

// URL is where events are accepted inside the cluster, once all receivers have the entrance that is asked for.
func URL(w *v1alpha1.SuperOfficeWebhook) string {
	return URLAt(w, entranceOf(w).scheme, ServiceHost(w))
}

// ServiceHost is the name of the Service inside the cluster.
func ServiceHost(w *v1alpha1.SuperOfficeWebhook) string {
	return fmt.Sprintf("%s.%s.svc", ReceiversName(w), w.Namespace)
}

// URLAt is where events are accepted by way of a host: the Service's own, its load balancer's or one in front of it.
func URLAt(w *v1alpha1.SuperOfficeWebhook, scheme, host string) string {
	if strings.Contains(host, ":") { // an address of IPv6
		host = "[" + host + "]"
	}
	return (&url.URL{Scheme: scheme, Host: host, Path: intakePath(w)}).String()
}

// AdminPath is below which the admin server of a receiver tells about a resource; empty where it tells about no other.
func AdminPath(w *v1alpha1.SuperOfficeWebhook) string {
	if w.Spec.Receiver.Pool == "" {
		return ""
	}
	return intakePath(w)
}

// intakePath is where a resource's events are accepted. It repeats the schema's default for resources that did not pass
// through an API server.
func intakePath(w *v1alpha1.SuperOfficeWebhook) string {
	if w.Spec.Receiver.Pool != "" {
		return path.Join("/hooks", w.Namespace, w.Name)
	}
	return cmp.Or(w.Spec.Exposure.Path, "/webhook")
}
