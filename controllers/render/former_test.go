// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
	"github.com/superoffice-webhook/operator/receiver/config"
)

func formerOf(t *testing.T, configMap core.ConfigMap) *render.Former {
	t.Helper()
	former, err := render.FormerOf(&configMap)
	if err != nil {
		t.Fatal(err)
	}
	return former
}

// TestFormerConfigurationIsPaused and nothing else of it changes, whatever the resource says meanwhile.
func TestFormerConfigurationIsPaused(t *testing.T) {
	other := load(t, cases["minimal"])
	other.Spec.Suspend, other.Spec.Exposure.Path = true, "/other"
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := load(t, c)
			before := renderAll(t, w)
			w.Spec.Suspend = true
			want := renderAll(t, w).configMap.Data

			kept := renderAll(t, other)
			kept.Keep(formerOf(t, before.configMap))
			var got core.ConfigMap
			decode(t, kept.ConfigMap, &got)
			if diff := cmp.Diff(want, got.Data); diff != "" {
				t.Errorf("receivers get (-want +got)\n%s", diff)
			}
			if hash := config.Hash([]byte(got.Data["receiver.yaml"])); hash != kept.ConfigHash {
				t.Errorf("the hash is %s, want that of the file, %s", kept.ConfigHash, hash)
			}
			again := renderAll(t, other)
			again.Keep(formerOf(t, got))
			if again.ConfigHash != kept.ConfigHash {
				t.Error("the next time it is another one")
			}
		})
	}
}

func TestFormerConfigurationThatNobodyCanReadDoesNotCount(t *testing.T) {
	for name, file := range map[string]string{"empty": "", "of another version": "apiVersion: receiver.superoffice.dev/v1\nmore: true", "text": "broken"} {
		t.Run(name, func(t *testing.T) {
			if former, err := render.FormerOf(&core.ConfigMap{Data: map[string]string{"receiver.yaml": file}}); err == nil {
				t.Errorf("it is %+v", former)
			}
		})
	}
}

// TestExposedStaysAsItWas while a resource is suspended.
func TestExposedStaysAsItWas(t *testing.T) {
	inClear, onTLS, byIngress, byGateway := cases["minimal"], cases["tls"], cases["ingress"], cases["gateway"]
	for _, c := range []struct {
		name              string
		before, meanwhile resource
		change            func(e *v1alpha1.Exposure)
	}{
		{"another path", inClear, inClear, func(e *v1alpha1.Exposure) { e.Path = "/other" }},
		{"TLS comes", inClear, onTLS, nil},
		{"TLS goes", onTLS, inClear, nil},
		{"another host", byIngress, byIngress, func(e *v1alpha1.Exposure) { e.Ingress.Host, e.Ingress.TLSSecretName = "other.example.com", "" }},
		{"no Ingress", byIngress, inClear, nil},
		{"a Gateway instead of an Ingress", byIngress, byGateway, nil},
		{"an Ingress instead of a Gateway", byGateway, byIngress, nil},
		{"another Gateway", byGateway, byGateway, func(e *v1alpha1.Exposure) { e.Gateway.ParentRefs[0].Name = "other" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := load(t, c.before)
			before := renderAll(t, w)
			w.Spec = load(t, c.meanwhile).Spec
			if c.change != nil {
				c.change(&w.Spec.Exposure)
			}
			former := formerOf(t, before.configMap)
			if before.Ingress != nil {
				former.Ingress = &before.ingress
			}
			if before.HTTPRoute != nil {
				former.HTTPRoute = &before.route
			}
			after := renderAll(t, former.Exposed(w))
			if diff := cmp.Diff(before.service.Spec.Ports, after.service.Spec.Ports); diff != "" {
				t.Errorf("the Service's ports (-before +after)\n%s", diff)
			}
			if diff := cmp.Diff(before.ingress.Spec, after.ingress.Spec); diff != "" || (before.Ingress == nil) != (after.Ingress == nil) {
				t.Errorf("the Ingress (-before +after)\n%s", diff)
			}
			if diff := cmp.Diff(before.route.Spec, after.route.Spec); diff != "" || (before.HTTPRoute == nil) != (after.HTTPRoute == nil) {
				t.Errorf("the HTTPRoute (-before +after)\n%s", diff)
			}
		})
	}
	t.Run("a way that is missing leads to the path that is in force", func(t *testing.T) {
		w := load(t, byIngress)
		w.Spec.Exposure.Path = "/other"
		former := formerOf(t, renderAll(t, load(t, inClear)).configMap)
		if got := renderAll(t, former.Exposed(w)).ingress.Spec.Rules[0].HTTP.Paths[0].Path; got != "/webhook" {
			t.Errorf("it leads to %s", got)
		}
	})
	t.Run("a route without a host is nobody's", func(t *testing.T) {
		former := formerOf(t, renderAll(t, load(t, inClear)).configMap)
		former.HTTPRoute = &gateway.HTTPRoute{}
		if e := former.Exposed(load(t, byGateway)).Spec.Exposure; len(e.Gateway.Hostnames) == 0 {
			t.Errorf("it is exposed as %+v", e)
		}
	})
}
