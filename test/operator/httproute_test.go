// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gateway "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// TestHTTPRoute is the only test that makes the cluster serve the Gateway API.
func TestHTTPRoute(t *testing.T) {
	t.Parallel()
	infra := newNamespace(t)
	webhook := newExposed(t, v1alpha1.Exposure{Gateway: &v1alpha1.GatewayExposure{
		ParentRefs: []v1alpha1.GatewayReference{{Name: "public", Namespace: infra, SectionName: "https"}},
		Hostnames:  []v1alpha1.Hostname{"hooks.example.com", "hooks.example.org"},
	}})
	route := &gateway.HTTPRoute{ObjectMeta: meta.ObjectMeta{Namespace: webhook.Namespace, Name: "crm-receiver"}}

	t.Run("is waited for until the cluster serves it, with all else at work", func(t *testing.T) {
		awaitCondition(t, webhook, v1alpha1.ConditionReceiverAvailable, meta.ConditionTrue, v1alpha1.ReasonReceiversReady)
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionFalse, v1alpha1.ReasonGatewayAPINotServed)
		awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonGatewayAPINotServed)
		wantContains(t, condition(webhook, v1alpha1.ConditionExposed).Message, "the cluster does not serve HTTPRoute of gateway.networking.k8s.io/v1")
		wantKstatus(t, webhook, status.InProgressStatus)
		postAll(t, intakeOf(t, theReceiver(t, webhook)), shared, 1)
	})
	definitions := gatewayAPI(t)
	kubectl(t, "apply", "--server-side", "--filename="+definitions[0], "--filename="+definitions[1])
	t.Cleanup(func() {
		if out, err := execute(context.Background(), "delete", "--filename="+definitions[0], "--filename="+definitions[1]); err != nil {
			t.Errorf("clean up: %v\n%s", err, out)
		}
	})
	t.Run("is made once the cluster does", func(t *testing.T) {
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionUnknown, v1alpha1.ReasonRoutePending)
		awaitReady(t, webhook)
		if !find(t, route) {
			t.Fatal("there is none")
		}
		want := gateway.ParentReference{
			Group: ptr.To[gateway.Group]("gateway.networking.k8s.io"), Kind: ptr.To[gateway.Kind]("Gateway"), Namespace: ptr.To(gateway.Namespace(infra)), Name: "public", SectionName: ptr.To[gateway.SectionName]("https"),
		}
		if difference := cmp.Diff([]gateway.ParentReference{want}, route.Spec.ParentRefs); difference != "" {
			t.Errorf("parents (-want +got):\n%s", difference)
		}
		if difference := cmp.Diff([]gateway.Hostname{"hooks.example.com", "hooks.example.org"}, route.Spec.Hostnames); difference != "" {
			t.Errorf("hosts (-want +got):\n%s", difference)
		}
		awaitURL(t, webhook, "https://hooks.example.com/webhook")
	})
	t.Run("is reported as its Gateway reports it", func(t *testing.T) {
		answer(t, route, meta.ConditionFalse, "NotAllowedByListeners", "no routes from this namespace")
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionFalse, v1alpha1.ReasonRouteRejected)
		wantContains(t, condition(webhook, v1alpha1.ConditionExposed).Message, "Gateway "+infra+"/public (https): NotAllowedByListeners: no routes from this namespace")
		awaitReady(t, webhook)
		answer(t, route, meta.ConditionTrue, "Accepted", "")
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionTrue, v1alpha1.ReasonExposed)
	})
	t.Run("neither drifts nor is written while nothing changes", func(t *testing.T) {
		wantNoDrift(t, webhook)
		awaitRounds(t, webhook, 2)
		if !find(t, route) || !find(t, webhook) {
			t.Fatal("it is gone")
		}
		before := []string{route.ResourceVersion, webhook.ResourceVersion}
		awaitRounds(t, webhook, 3)
		if !find(t, route) || !find(t, webhook) {
			t.Fatal("it is gone")
		}
		if difference := cmp.Diff(before, []string{route.ResourceVersion, webhook.ResourceVersion}); difference != "" {
			t.Errorf("resourceVersions (-before +after):\n%s", difference)
		}
	})
	t.Run("has the scheme of its Gateway", func(t *testing.T) {
		create(t, &gateway.Gateway{
			ObjectMeta: meta.ObjectMeta{Namespace: infra, Name: "public"},
			Spec: gateway.GatewaySpec{GatewayClassName: "test", Listeners: []gateway.Listener{
				{Name: "https", Port: 80, Protocol: gateway.HTTPProtocolType}, // its name means nothing
			}},
		})
		awaitURL(t, webhook, "http://hooks.example.com/webhook")
	})
	t.Run("is made again where somebody deletes it", func(t *testing.T) {
		uid := route.UID
		remove(t, route)
		await(t, "another one", func(context.Context) (any, bool) { return route, find(t, route) && route.UID != uid })
	})
	t.Run("is taken away when it is no longer asked for, and an Ingress comes in its place", func(t *testing.T) {
		former := webhook.Spec.Exposure.Gateway
		change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
			w.Spec.Exposure.Gateway, w.Spec.Exposure.Ingress = nil, &v1alpha1.IngressExposure{Host: "ingress.example.com"}
		})
		awaitGone(t, route)
		awaitURL(t, webhook, "http://ingress.example.com/webhook")
		change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
			w.Spec.Exposure.Gateway, w.Spec.Exposure.Ingress = former, nil
		})
		await(t, "the route", func(context.Context) (any, bool) { return route, find(t, route) })
	})
	t.Run("is waited for again when the cluster ceases to serve it, and made again after that", func(t *testing.T) {
		kubectl(t, "delete", "--filename="+definitions[0])
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionFalse, v1alpha1.ReasonGatewayAPINotServed)
		kubectl(t, "apply", "--server-side", "--filename="+definitions[0])
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionUnknown, v1alpha1.ReasonRoutePending)
		if !find(t, route) {
			t.Fatal("there is none")
		}
		answer(t, route, meta.ConditionTrue, "Accepted", "") // the watch works again
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionTrue, v1alpha1.ReasonExposed)
	})
}

// gatewayAPI are the definitions of the standard channel, of HTTPRoutes and of Gateways, from the module of their types.
func gatewayAPI(t *testing.T) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("find the definitions: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "config", "crd", "standard")
	return []string{
		filepath.Join(dir, "gateway.networking.k8s.io_httproutes.yaml"),
		filepath.Join(dir, "gateway.networking.k8s.io_gateways.yaml"),
	}
}

// answer is what the controller of the Gateway makes of the route.
func answer(t *testing.T, route *gateway.HTTPRoute, accepted meta.ConditionStatus, reason, message string) {
	t.Helper()
	await(t, "the answer to be written", func(ctx context.Context) (any, bool) {
		if err := stage.client.Get(ctx, client.ObjectKeyFromObject(route), route); err != nil {
			return err, false
		}
		now := meta.Now()
		route.Status.Parents = []gateway.RouteParentStatus{{
			ParentRef: route.Spec.ParentRefs[0], ControllerName: "example.com/gateway",
			Conditions: []meta.Condition{
				{Type: "Accepted", Status: accepted, Reason: reason, Message: message, ObservedGeneration: route.Generation, LastTransitionTime: now},
				{Type: "ResolvedRefs", Status: meta.ConditionTrue, Reason: "ResolvedRefs", ObservedGeneration: route.Generation, LastTransitionTime: now},
			},
		}}
		err := stage.client.Status().Update(ctx, route, client.FieldOwner("gateway"))
		return err, err == nil
	})
}
