// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"testing"

	networking "k8s.io/api/networking/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// backend is where a way from outside leads to.
type backend struct {
	service, path string
	port          int32
}

// No way from outside may lead to another Service, port or path than those on which events are accepted.
func TestWaysLeadToTheIntake(t *testing.T) {
	ways := 0
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		r := renderAll(t, w)
		want := backend{r.service.Name, receiverConfig(t, r).Intake.Path, r.service.Spec.Ports[0].Port}
		for _, got := range backendsOf(t, r) {
			ways++
			if got != want {
				t.Errorf("leads to %+v, want %+v", got, want)
			}
		}
	})
	if ways < 5 {
		t.Errorf("looked at %d ways only", ways)
	}
}

func backendsOf(t *testing.T, r rendered) (all []backend) {
	t.Helper()
	for _, rule := range r.ingress.Spec.Rules {
		for _, p := range rule.HTTP.Paths {
			if *p.PathType != networking.PathTypeExact {
				t.Errorf("the path is matched as %s", *p.PathType)
			}
			all = append(all, backend{p.Backend.Service.Name, p.Path, p.Backend.Service.Port.Number})
		}
	}
	for _, rule := range r.route.Spec.Rules {
		for _, m := range rule.Matches {
			if *m.Path.Type != gateway.PathMatchExact {
				t.Errorf("the path is matched as %s", *m.Path.Type)
			}
			for _, b := range rule.BackendRefs {
				all = append(all, backend{string(b.Name), *m.Path.Value, *b.Port})
			}
		}
	}
	return all
}

// Receivers hand over to each other without leaving the cluster, whatever the way from outside.
func TestReceiversHandOverInsideTheCluster(t *testing.T) {
	forEachCase(t, func(t *testing.T, w *v1alpha1.SuperOfficeWebhook) {
		w.Generation = 7
		switch got := receiverConfig(t, renderAll(t, w)).HandOver; {
		case got.URL != "" && got.URL != render.URL(w):
			t.Errorf("they hand over at %s", got.URL)
		case got.URL != "" && got.Generation != 7:
			t.Errorf("they cannot tell whose configuration is older: it is generation %d", got.Generation)
		case got.URL == "" && got.Generation != 0:
			t.Error("their configuration changes with its generation, which is of no use to them")
		}
	})
}

func TestURLAt(t *testing.T) {
	w := load(t, cases["ingress"])
	for host, want := range map[string]string{
		"hooks.example.com": "https://hooks.example.com/superoffice/crm",
		"192.0.2.1":         "https://192.0.2.1/superoffice/crm",
		"2001:db8::1":       "https://[2001:db8::1]/superoffice/crm",
	} {
		if got := render.URLAt(w, "https", host); got != want {
			t.Errorf("%s: got %s, want %s", host, got, want)
		}
	}
}
