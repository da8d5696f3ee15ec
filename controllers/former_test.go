// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

func TestFormer(t *testing.T) {
	receiverYAML := func() string {
		objects, err := render.Webhook(resource(), render.Options{Image: "receiver"}, nil, render.Live{})
		if err != nil {
			t.Fatal(err)
		}
		return objects.ConfigMap.Data["receiver.yaml"]
	}()
	stranger := resource(func(w *v1alpha1.SuperOfficeWebhook) { w.UID = "another" })
	type situation struct {
		webhook    *v1alpha1.SuperOfficeWebhook
		deployment *apps.Deployment
		config     *core.ConfigMap
		ingress    *networking.Ingress
	}
	for _, c := range []struct {
		name        string
		change      func(s *situation)
		kept, isWay bool
	}{
		{"a resource that is suspended", func(*situation) {}, true, true},
		{"one that is not", func(s *situation) { s.webhook.Spec.Suspend = false }, false, false},
		{"one without receivers", func(s *situation) { s.deployment.Name = "other" }, false, false},
		{"receivers of somebody else", func(s *situation) { s.deployment.ObjectMeta = ofResource(stranger) }, false, false},
		{"no configuration", func(s *situation) { s.config.Name = "other" }, false, false},
		{"a configuration of somebody else", func(s *situation) { s.config.OwnerReferences = ofResource(stranger).OwnerReferences }, false, false},
		{"a configuration that somebody has changed", func(s *situation) { s.config.ManagedFields[0].Manager = "somebody" }, false, false},
		{"a configuration that nobody can read", func(s *situation) { s.config.Data["receiver.yaml"] = "broken" }, false, false},
		{"no Ingress", func(s *situation) { s.ingress.Name = "other" }, true, false},
		{"an Ingress of somebody else", func(s *situation) { s.ingress.ObjectMeta = ofResource(stranger) }, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := resource(suspended)
			s := situation{w, &apps.Deployment{ObjectMeta: ofResource(w)}, &core.ConfigMap{ObjectMeta: ofResource(w)}, &networking.Ingress{ObjectMeta: ofResource(w)}}
			s.config.Data = map[string]string{"receiver.yaml": receiverYAML}
			s.config.ManagedFields = []meta.ManagedFieldsEntry{{
				Manager: FieldManager, Operation: meta.ManagedFieldsOperationApply, APIVersion: "v1", FieldsType: "FieldsV1",
				FieldsV1: meta.NewFieldsV1(`{"f:data":{"f:receiver.yaml":{}}}`),
			}}
			c.change(&s)
			api := server(t, s.deployment, s.config, s.ingress).WithReturnManagedFields().Build()
			former, err := (&Reconciler{Client: api, Live: api, gateways: gatewayAPI{cached: api}}).former(t.Context(), s.webhook)
			if err != nil || (former != nil) != c.kept {
				t.Fatalf("what stays in force is %+v, %v", former, err)
			}
			if former != nil && (former.Ingress != nil) != c.isWay {
				t.Errorf("the Ingress is %+v", former.Ingress)
			}
			if former != nil && (former.HTTPRoute != nil || !former.Suspend) {
				t.Errorf("it is %+v", former)
			}
		})
	}
}
