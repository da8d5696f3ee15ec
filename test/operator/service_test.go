// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

func TestTypesOfServices(t *testing.T) {
	t.Parallel()
	webhook := newExposed(t, v1alpha1.Exposure{})
	awaitReady(t, webhook)
	service := &core.Service{ObjectMeta: meta.ObjectMeta{Namespace: webhook.Namespace, Name: "crm-receiver"}}
	if !find(t, service) {
		t.Fatal("there is no Service")
	}
	address := service.Spec.ClusterIP
	become := func(t *testing.T, wanted v1alpha1.ServiceExposure, reason string, exposed meta.ConditionStatus) {
		t.Helper()
		change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Exposure.Service = wanted })
		await(t, "the Service to be of the type "+string(wanted.Type), func(context.Context) (any, bool) {
			return service, find(t, service) && string(service.Spec.Type) == string(wanted.Type)
		})
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, exposed, reason)
		awaitReady(t, webhook)
		if service.Spec.ClusterIP != address {
			t.Errorf("its address was %s and is %s", address, service.Spec.ClusterIP)
		}
	}

	t.Run("a port of each node", func(t *testing.T) {
		become(t, v1alpha1.ServiceExposure{Type: v1alpha1.ServiceNodePort, IPFamilyPolicy: "PreferDualStack"}, v1alpha1.ReasonExposed, meta.ConditionTrue)
		if service.Spec.Ports[0].NodePort == 0 || *service.Spec.IPFamilyPolicy != core.IPFamilyPolicyPreferDualStack {
			t.Errorf("the Service is\n%s", printed(service.Spec))
		}
	})
	t.Run("a load balancer", func(t *testing.T) {
		become(t, v1alpha1.ServiceExposure{
			Type: v1alpha1.ServiceLoadBalancer, LoadBalancerClass: "example.com/internet", Annotations: v1alpha1.Annotations{"example.com/scheme": "internet"},
		}, v1alpha1.ReasonAddressPending, meta.ConditionUnknown)
		if service.Annotations["example.com/scheme"] != "internet" || *service.Spec.LoadBalancerClass != "example.com/internet" {
			t.Errorf("the Service is\n%s", printed(service))
		}
		awaitURL(t, webhook, "http://crm-receiver."+webhook.Namespace+".svc/webhook")
		reports(t, service, func(s *core.Service) {
			s.Status.LoadBalancer.Ingress = []core.LoadBalancerIngress{{IP: "192.0.2.1", IPMode: ptr.To(core.LoadBalancerIPModeVIP)}}
		})
		awaitCondition(t, webhook, v1alpha1.ConditionExposed, meta.ConditionTrue, v1alpha1.ReasonExposed)
		awaitURL(t, webhook, "http://192.0.2.1/webhook")
	})
	t.Run("of which nothing drifts", func(t *testing.T) {
		wantNoDrift(t, webhook)
		awaitRounds(t, webhook, 2)
		if !find(t, service) {
			t.Fatal("it is gone")
		}
		before := service.ResourceVersion
		awaitRounds(t, webhook, 3)
		if !find(t, service) || service.ResourceVersion != before {
			t.Errorf("it was written without need:\n%s", printed(service))
		}
	})
	t.Run("inside the cluster again", func(t *testing.T) {
		become(t, v1alpha1.ServiceExposure{Type: v1alpha1.ServiceClusterIP}, v1alpha1.ReasonClusterOnly, meta.ConditionTrue)
		await(t, "all of the rest to go", func(context.Context) (any, bool) {
			return service, find(t, service) && service.Spec.Ports[0].NodePort == 0 && service.Spec.LoadBalancerClass == nil && service.Annotations["example.com/scheme"] == ""
		})
	})
	t.Run("that the cluster cannot make", func(t *testing.T) {
		change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
			w.Spec.Exposure.Service = v1alpha1.ServiceExposure{IPFamilyPolicy: "RequireDualStack"}
		})
		awaitCondition(t, webhook, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonInvalid)
		wantContains(t, condition(webhook, v1alpha1.ConditionStalled).Message, "ipFamilyPolicy")
		change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Exposure.Service = v1alpha1.ServiceExposure{} })
		awaitReady(t, webhook)
	})
}
