// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// speaking is the sample with all ways to it, with or without TLS up to the receivers.
func speaking(t *testing.T, scheme string) *v1alpha1.SuperOfficeWebhook {
	t.Helper()
	w := load(t, cases["ingress"])
	w.Spec.Exposure.Gateway = load(t, cases["gateway"]).Spec.Exposure.Gateway
	if scheme == "https" {
		w.Spec.Exposure.TLS = &v1alpha1.ExposureTLS{SecretName: "hooks"}
	}
	return w
}

// rolledOut is the state of a Deployment of two receivers that have been there for long.
var rolledOut = apps.DeploymentStatus{ObservedGeneration: 1, Replicas: 2, UpdatedReplicas: 2, ReadyReplicas: 2, AvailableReplicas: 2}

// A pod speaks one protocol, and the Service finds those that speak its own. So it has to follow them, and what leads to the
// Service has to follow it, in both directions.
func TestEntranceFollowsReceivers(t *testing.T) {
	for _, c := range []struct {
		name string
		// service and receivers are what those that are there speak; empty for none.
		service, receivers string
		rollout            func(*apps.DeploymentStatus)
		wanted             string
		want               string
		waits, moves       bool
	}{
		{name: "there is nothing yet", wanted: "https", want: "https"},
		{name: "nothing changes", service: "https", receivers: "https", wanted: "https", want: "https"},
		{name: "nothing changes, and no receiver is there", service: "https", wanted: "https", want: "https"},
		{name: "all receivers have the former one", service: "http", receivers: "http", wanted: "https", want: "http", waits: true},
		{name: "the Deployment is gone", service: "http", wanted: "https", want: "http", waits: true},
		{
			name: "the rollout has not begun", service: "http", receivers: "https", wanted: "https", want: "http", waits: true,
			rollout: func(s *apps.DeploymentStatus) { s.ObservedGeneration = 0 },
		},
		{
			name: "new receivers wait for their certificate", service: "http", receivers: "https", wanted: "https", want: "http", waits: true,
			rollout: func(s *apps.DeploymentStatus) { s.Replicas, s.UpdatedReplicas = 3, 1 },
		},
		{
			name: "one of the former is left", service: "http", receivers: "https", wanted: "https", want: "http", waits: true,
			rollout: func(s *apps.DeploymentStatus) { s.Replicas, s.AvailableReplicas = 3, 3 },
		},
		{
			name: "the former are gone, and no new one answers", service: "http", receivers: "https", wanted: "https", want: "http", waits: true,
			rollout: func(s *apps.DeploymentStatus) { s.AvailableReplicas = 0 },
		},
		{
			name: "the former are gone, and not all new ones answer", service: "http", receivers: "https", wanted: "https", want: "https", moves: true,
			rollout: func(s *apps.DeploymentStatus) { s.AvailableReplicas = 1 },
		},
		{name: "all receivers have it", service: "http", receivers: "https", wanted: "https", want: "https", moves: true},
		{name: "it is taken back while it was on its way", service: "http", receivers: "https", wanted: "http", want: "http"},
		{name: "all receivers have TLS, which is to go", service: "https", receivers: "https", wanted: "http", want: "https", waits: true},
		{name: "no receiver has TLS any more", service: "https", receivers: "http", wanted: "http", want: "http", moves: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var live render.Live
			if c.service != "" {
				live.Service = new(renderAll(t, speaking(t, c.service)).service)
			}
			if c.receivers != "" {
				live.Deployment = new(renderAll(t, speaking(t, c.receivers)).deployment)
				live.Deployment.Generation, live.Deployment.Status = 1, rolledOut
				if c.rollout != nil {
					c.rollout(&live.Deployment.Status)
				}
			}
			w := speaking(t, c.wanted)
			objects, err := render.Webhook(w, options, nil, live)
			if err != nil {
				t.Fatal(err)
			}
			got, want := rendered{Objects: objects}, renderAll(t, speaking(t, c.want))
			decode(t, objects.Service, &got.service)
			decode(t, objects.Ingress, &got.ingress)
			decode(t, objects.HTTPRoute, &got.route)
			if diff := cmp.Diff([]any{want.service, want.ingress, want.route}, []any{got.service, got.ingress, got.route}); diff != "" {
				t.Errorf("the Service, and what leads to it (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(renderAll(t, w).Deployment, objects.Deployment); diff != "" {
				t.Errorf("receivers are not made as they are wanted (-want +got)\n%s", diff)
			}
			if objects.EntranceWaits != c.waits || objects.EntranceMoves != c.moves {
				t.Errorf("it waits: %t; it moves: %t", objects.EntranceWaits, objects.EntranceMoves)
			}
			if got := render.Scheme(w, &got.service); got != c.want {
				t.Errorf("it is said to speak %s", got)
			}
		})
	}
	t.Run("somebody has the Service lead elsewhere", func(t *testing.T) {
		stray := renderAll(t, speaking(t, "http")).service
		stray.Spec.Ports = append([]core.ServicePort{{Name: "metrics", Port: 8081}}, stray.Spec.Ports...)
		stray.Spec.Ports[1].TargetPort.StrVal = "other"
		w := speaking(t, "https")
		objects, err := render.Webhook(w, options, nil, render.Live{Service: &stray})
		if err != nil {
			t.Fatal(err)
		}
		if got := *objects.Service.Spec.Ports[0].Name; got != "https" || render.Scheme(w, &stray) != "https" {
			t.Errorf("it leads to %s", got)
		}
	})
}
