// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers"
	"github.com/superoffice-webhook/operator/controllers/render"
)

func TestTakenName(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	owner := &core.ConfigMap{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "owner"}}
	create(t, owner)
	for _, c := range []struct {
		name     string
		kind     string
		stranger client.Object
		says     string
	}{
		{"of a ServiceAccount", "ServiceAccount", &core.ServiceAccount{}, "does not belong to this resource"},
		{"of a ConfigMap", "ConfigMap", &core.ConfigMap{Data: map[string]string{"theirs": "untouched"}}, "does not belong to this resource"},
		{
			"of a Service", "Service",
			&core.Service{Spec: core.ServiceSpec{Ports: []core.ServicePort{{Port: 80}}}}, "does not belong to this resource",
		},
		{"of a PodDisruptionBudget", "PodDisruptionBudget", &policy.PodDisruptionBudget{}, "does not belong to this resource"},
		{"of a Deployment", "Deployment", emptyDeployment(), "does not belong to this resource"},
		{
			"of an object with the operator's label", "ConfigMap",
			&core.ConfigMap{ObjectMeta: meta.ObjectMeta{Labels: map[string]string{render.LabelManagedBy: render.ManagedBy}}},
			"does not belong to this resource",
		},
		{
			"of an object that another one controls", "Service",
			&core.Service{
				ObjectMeta: meta.ObjectMeta{OwnerReferences: []meta.OwnerReference{{
					APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID, Controller: ptr.To(true),
				}}},
				Spec: core.ServiceSpec{Ports: []core.ServicePort{{Port: 80}}},
			},
			`belongs to ConfigMap "owner"`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ns := newNamespace(t)
			if len(c.stranger.GetOwnerReferences()) > 0 {
				ns = owner.Namespace
			}
			create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
			c.stranger.SetNamespace(ns)
			c.stranger.SetName("crm-receiver")
			create(t, c.stranger)
			webhook := newWebhook(ns, nowhere())
			create(t, webhook)

			awaitCondition(t, webhook, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonNameTaken)
			ready := condition(webhook, v1alpha1.ConditionReady)
			if ready.Status != meta.ConditionFalse || ready.Reason != v1alpha1.ReasonNameTaken {
				t.Errorf("Ready is\n%s", printed(ready))
			}
			for _, want := range []string{c.kind + ` "crm-receiver" exists already`, c.says, "delete what is in the way"} {
				if !strings.Contains(ready.Message, want) {
					t.Errorf("message %q lacks %q", ready.Message, want)
				}
			}
			awaitRounds(t, webhook, 2)
			wantUntouched(t, c.stranger)
			wantNothingAfter(t, webhook, c.kind)

			remove(t, c.stranger)
			awaitReady(t, webhook)
			if got := condition(webhook, v1alpha1.ConditionStalled); got.Type != "" {
				t.Errorf("it is still there:\n%s", printed(got))
			}
			readObjects(t, webhook)
		})
	}
}

func emptyDeployment() *apps.Deployment {
	labels := map[string]string{"app": "theirs"}
	return &apps.Deployment{Spec: apps.DeploymentSpec{
		Replicas: ptr.To[int32](0),
		Selector: &meta.LabelSelector{MatchLabels: labels},
		Template: core.PodTemplateSpec{
			ObjectMeta: meta.ObjectMeta{Labels: labels},
			Spec:       core.PodSpec{Containers: []core.Container{{Name: "theirs", Image: "theirs"}}},
		},
	}}
}

// wantUntouched asks the API server who has ever written an object.
func wantUntouched(t *testing.T, stranger client.Object) {
	t.Helper()
	uid := stranger.GetUID()
	if !find(t, stranger) || stranger.GetUID() != uid {
		t.Fatal("the stranger's object is gone")
	}
	for _, written := range stranger.GetManagedFields() {
		if written.Manager == controllers.FieldManager {
			t.Errorf("the operator has written the stranger's object:\n%s", printed(stranger))
		}
	}
}

// wantNothingAfter looks for what is made later than the object whose name is taken. What is made before it does nothing
// without it.
func wantNothingAfter(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, kind string) {
	t.Helper()
	after := false
	for _, o := range receiverObjects(webhook.Namespace, webhook.Name) {
		switch {
		case kindOf(t, o) == kind:
			after = true
		case after && find(t, o):
			t.Errorf("although a name is taken, there is\n%s", printed(o))
		}
	}
}

// TestTakenNameOfAReadyResource has a stranger move in while an object of a running receiver is away.
func TestTakenNameOfAReadyResource(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	create(t, webhook)
	awaitReady(t, webhook)
	before := lives(receiversOf(t, webhook))

	// Without an owner it is a stranger's, at the same name and with the same content.
	object := objectOf(t, webhook, "Service")
	change(t, object, func(o client.Object) { o.SetOwnerReferences(nil) })
	awaitCondition(t, webhook, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonNameTaken)
	if after := lives(receiversOf(t, webhook)); len(after) != 1 || len(before) != 1 {
		t.Errorf("receivers were %v and are %v", before, after)
	}
	remove(t, object)
	awaitReady(t, webhook)
	await(t, "the Service of the resource", func(context.Context) (any, bool) {
		return object, find(t, object) && meta.IsControlledBy(object, webhook)
	})
}
