// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// service is one of a type whose load balancer has these addresses.
func service(kind core.ServiceType, nodePort int32, addresses ...core.LoadBalancerIngress) *core.Service {
	return &core.Service{
		ObjectMeta: meta.ObjectMeta{Namespace: "sales", Name: "crm-receiver"},
		Spec:       core.ServiceSpec{Type: kind, Ports: []core.ServicePort{{Port: 80, NodePort: nodePort}}},
		Status:     core.ServiceStatus{LoadBalancer: core.LoadBalancerStatus{Ingress: addresses}},
	}
}

func TestServiceWay(t *testing.T) {
	ip, name := core.LoadBalancerIngress{IP: "192.0.2.1"}, core.LoadBalancerIngress{Hostname: "lb.example.com"}
	for _, c := range []struct {
		name    string
		service *core.Service
		want    Way
		address string
	}{
		{"inside the cluster", service(core.ServiceTypeClusterIP, 0), Way{"True", "ClusterOnly", "inside the cluster only: spec.exposure asks for no way from outside"}, ""},
		{"inside, with a load balancer of former times", service(core.ServiceTypeClusterIP, 0, ip), Way{"True", "ClusterOnly", "inside the cluster only: spec.exposure asks for no way from outside"}, ""},
		{"on the nodes", service(core.ServiceTypeNodePort, 31000), Way{"True", "Exposed", "port 31000 of each node leads to the receivers"}, ""},
		{"on the nodes, soon", service(core.ServiceTypeNodePort, 0), Way{"Unknown", "AddressPending", `Service "crm-receiver" has no port of the nodes yet`}, ""},
		{"a load balancer, soon", service(core.ServiceTypeLoadBalancer, 31000), Way{"Unknown", "AddressPending", `Service "crm-receiver" has no address of a load balancer yet`}, ""},
		{"a load balancer", service(core.ServiceTypeLoadBalancer, 31000, ip), Way{"True", "Exposed", "the load balancer has the address 192.0.2.1"}, "192.0.2.1"},
		{"a load balancer with a name", service(core.ServiceTypeLoadBalancer, 31000, name), Way{"True", "Exposed", "the load balancer has the address lb.example.com"}, "lb.example.com"},
		{"a load balancer with an empty address first", service(core.ServiceTypeLoadBalancer, 31000, core.LoadBalancerIngress{}, ip), Way{"True", "Exposed", "the load balancer has the address 192.0.2.1"}, "192.0.2.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ServiceWay(c.service)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got := LoadBalancerAddress(c.service); got != c.address {
				t.Errorf("address %q, want %q", got, c.address)
			}
		})
	}
}

func TestIngressWay(t *testing.T) {
	at := func(addresses ...networking.IngressLoadBalancerIngress) *networking.Ingress {
		i := &networking.Ingress{ObjectMeta: meta.ObjectMeta{Name: "crm-receiver"}}
		i.Status.LoadBalancer.Ingress = addresses
		return i
	}
	pending := Way{"Unknown", "AddressPending", `Ingress "crm-receiver" has no address yet: no ingress controller has taken it, or it is one that reports none`}
	served := Way{"True", "Exposed", "the ingress controller serves it at 192.0.2.1, lb.example.com"}
	ip, name := networking.IngressLoadBalancerIngress{IP: "192.0.2.1"}, networking.IngressLoadBalancerIngress{Hostname: "lb.example.com"}
	for _, c := range []struct {
		name    string
		ingress *networking.Ingress
		want    Way
	}{
		{"without an address", at(), pending},
		{"with an empty one", at(networking.IngressLoadBalancerIngress{}), pending},
		{"with two", at(ip, name), served},
		{"with two, the other way round", at(name, ip), served},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, IngressWay(c.ingress)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTogether(t *testing.T) {
	yes, maybe, no := Way{"True", "Exposed", "yes"}, Way{"Unknown", "AddressPending", "maybe"}, Way{"False", "RouteRejected", "no"}
	for _, c := range []struct {
		name string
		ways []Way
		want Way
	}{
		{"one", []Way{maybe}, maybe},
		{"two that are there", []Way{yes, {"True", "Exposed", "too"}}, Way{"True", "Exposed", "yes; too"}},
		{"one that is there and one that may come", []Way{yes, maybe}, Way{"Unknown", "AddressPending", "maybe; yes"}},
		{"one of each", []Way{yes, maybe, no}, Way{"False", "RouteRejected", "no; maybe; yes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Together(c.ways...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
