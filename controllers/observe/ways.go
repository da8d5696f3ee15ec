// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// Way is one of the ways to the receivers, as whoever provides it reports it: true while it is there, false while it can't
// be, unknown while nothing is said.
type Way struct {
	Status  meta.ConditionStatus
	Reason  string
	Message string
}

func exposed(format string, args ...any) Way {
	return Way{meta.ConditionTrue, v1alpha1.ReasonExposed, fmt.Sprintf(format, args...)}
}

// Together sums up all ways: all have to be there. Those that are worst off come first and give the reason.
func Together(ways ...Way) Way {
	worst := []meta.ConditionStatus{meta.ConditionFalse, meta.ConditionUnknown, meta.ConditionTrue}
	ways = slices.Clone(ways)
	slices.SortStableFunc(ways, func(a, b Way) int {
		return cmp.Compare(slices.Index(worst, a.Status), slices.Index(worst, b.Status))
	})
	sum := ways[0]
	for _, way := range ways[1:] {
		sum.Message += "; " + way.Message
	}
	return sum
}

// ServiceWay is what a Service leads to by itself.
func ServiceWay(s *core.Service) Way {
	switch s.Spec.Type {
	case core.ServiceTypeLoadBalancer:
		return loadBalancerWay(s)
	case core.ServiceTypeNodePort:
		if s.Spec.Ports[0].NodePort == 0 {
			return Way{meta.ConditionUnknown, v1alpha1.ReasonAddressPending, fmt.Sprintf("Service %q has no port of the nodes yet", s.Name)}
		}
		return exposed("port %d of each node leads to the receivers", s.Spec.Ports[0].NodePort)
	}
	return Way{meta.ConditionTrue, v1alpha1.ReasonClusterOnly, "inside the cluster only: spec.exposure asks for no way from outside"}
}

func loadBalancerWay(s *core.Service) Way {
	if address := LoadBalancerAddress(s); address != "" {
		return exposed("the load balancer has the address %s", address)
	}
	message := fmt.Sprintf("Service %q has no address of a load balancer yet", s.Name)
	return Way{meta.ConditionUnknown, v1alpha1.ReasonAddressPending, message}
}

// LoadBalancerAddress is the name, or else the address, of a Service's load balancer; empty while it has none.
func LoadBalancerAddress(s *core.Service) string {
	if s.Spec.Type != core.ServiceTypeLoadBalancer {
		return ""
	}
	for _, i := range s.Status.LoadBalancer.Ingress {
		if address := cmp.Or(i.Hostname, i.IP); address != "" {
			return address
		}
	}
	return ""
}

// IngressWay is what the ingress controller makes of an Ingress. There are some that never report an address.
func IngressWay(i *networking.Ingress) Way {
	var addresses []string
	for _, at := range i.Status.LoadBalancer.Ingress {
		if address := cmp.Or(at.Hostname, at.IP); address != "" {
			addresses = append(addresses, address)
		}
	}
	if len(addresses) == 0 {
		message := fmt.Sprintf("Ingress %q has no address yet: no ingress controller has taken it, or it is one that reports none", i.Name)
		return Way{meta.ConditionUnknown, v1alpha1.ReasonAddressPending, message}
	}
	slices.Sort(addresses) // the order is the controller's whim
	return exposed("the ingress controller serves it at %s", strings.Join(addresses, ", "))
}
