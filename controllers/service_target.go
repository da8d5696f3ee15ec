// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"
	"net/url"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// serviceTarget is where a Service is found by its name in the cluster's DNS.
func serviceTarget(object *unstructured.Unstructured, ref *v1alpha1.TargetReference) (render.Target, *problem, error) {
	var service core.Service
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &service); err != nil {
		return render.Target{}, nil, fmt.Errorf("decode Service %q: %w", object.GetName(), err)
	}
	ports := matching(service.Spec.Ports, ref.Port)
	switch {
	case len(ports) == 0 && ref.Port != nil:
		return nowhere(v1alpha1.ReasonSinkNotAddressable, "Service %q has no TCP port %s", service.Name, ref.Port)
	case len(ports) == 0:
		return nowhere(v1alpha1.ReasonSinkNotAddressable, "Service %q has no TCP port", service.Name)
	case len(ports) > 1:
		return nowhere(v1alpha1.ReasonSinkNotAddressable, "Service %q has several ports: one has to be chosen by port", service.Name)
	}
	return render.Target{URL: serviceURL(&service, ports[0]), Pods: service.Spec.Selector}, nil, nil
}

// matching are the TCP ports that are meant: all of them where none is named.
func matching(ports []core.ServicePort, wanted *intstr.IntOrString) []core.ServicePort {
	var found []core.ServicePort
	for _, p := range ports {
		tcp := p.Protocol == core.ProtocolTCP || p.Protocol == ""
		meant := wanted == nil || *wanted == intstr.FromInt32(p.Port) || *wanted == intstr.FromString(p.Name)
		if tcp && meant {
			found = append(found, p)
		}
	}
	return found
}

func serviceURL(service *core.Service, port core.ServicePort) *url.URL {
	scheme, usual := "http", int32(80)
	if port.Name == "https" || port.Port == 443 || port.AppProtocol != nil && *port.AppProtocol == "https" {
		scheme, usual = "https", 443
	}
	host := fmt.Sprintf("%s.%s.svc", service.Name, service.Namespace)
	if port.Port != usual {
		host = fmt.Sprintf("%s:%d", host, port.Port)
	}
	return &url.URL{Scheme: scheme, Host: host, Path: "/"}
}
