// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net"
	"testing"

	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// pointHost has the scene's host lead to an address, or else to another name, as an entry in a public DNS would.
func (s scene) pointHost(t *testing.T, address, name string) {
	t.Helper()
	at := meta.ObjectMeta{Name: "hooks", Namespace: s.namespace}
	if ip := net.ParseIP(address); name == "localhost" || ip.IsLoopback() {
		skip(t, "the address that is reported, "+address+name+", leads nowhere from within the cluster")
	}
	if address == "" {
		s.create(t, &core.Service{ObjectMeta: at, Spec: core.ServiceSpec{Type: core.ServiceTypeExternalName, ExternalName: name}})
		return
	}
	s.create(t, &core.Service{ObjectMeta: at, Spec: core.ServiceSpec{ClusterIP: core.ClusterIPNone}})
	family := discovery.AddressTypeIPv4
	if net.ParseIP(address).To4() == nil {
		family = discovery.AddressTypeIPv6
	}
	at.Labels = map[string]string{discovery.LabelServiceName: at.Name}
	s.create(t, &discovery.EndpointSlice{ObjectMeta: at, AddressType: family, Endpoints: []discovery.Endpoint{{Addresses: []string{address}}}})
}

func (s scene) create(t *testing.T, o client.Object) {
	t.Helper()
	if err := stage.client.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}
