// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// meddle is what somebody does to an object of the operator's, by hand or by a controller.
type meddle struct {
	edit func(client.Object)
	// done tells whether it can still be seen.
	done func(client.Object) bool
}

func TestEditsByOthers(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	webhook := newWebhook(ns, nowhere())
	create(t, webhook)
	awaitReady(t, webhook)

	t.Run("are reverted where the operator owns the field", func(t *testing.T) {
		for name, m := range editsOfOwned {
			t.Run(name, func(t *testing.T) {
				kind, _, _ := strings.Cut(name, ",")
				object := objectOf(t, webhook, kind)
				change(t, object, m.edit)
				await(t, "the edit to be reverted", func(context.Context) (any, bool) {
					return object, find(t, object) && !m.done(object)
				})
			})
		}
	})
	t.Run("stay where it does not", func(t *testing.T) {
		marks := map[string]string{"example.com/owner": "sales"}
		for _, object := range readObjects(t, webhook) {
			change(t, object, func(o client.Object) {
				o.SetAnnotations(with(o.GetAnnotations(), marks))
				o.SetLabels(with(o.GetLabels(), marks))
			})
		}
		for name, m := range editsOfOthers {
			change(t, objectOf(t, webhook, name), m.edit)
		}
		// Something for the operator to do on each, so that it writes them all.
		for _, object := range readObjects(t, webhook) {
			change(t, object, func(o client.Object) {
				o.SetLabels(with(o.GetLabels(), map[string]string{render.LabelWebhook: "other"}))
			})
		}
		for _, object := range readObjects(t, webhook) {
			await(t, "the operator to write", func(context.Context) (any, bool) {
				return object, find(t, object) && object.GetLabels()[render.LabelWebhook] == "crm"
			})
			if object.GetLabels()["example.com/owner"] != "sales" || object.GetAnnotations()["example.com/owner"] != "sales" {
				t.Errorf("%s lost a label or an annotation of somebody else:\n%s", kindOf(t, object), printed(object))
			}
		}
		for name, m := range editsOfOthers {
			if object := objectOf(t, webhook, name); !m.done(object) {
				t.Errorf("%s lost a field of somebody else:\n%s", name, printed(object))
			}
		}
	})
	t.Run("are made good where an object was deleted", func(t *testing.T) {
		for _, object := range readObjects(t, webhook) {
			deleted := object.GetUID()
			remove(t, object)
			await(t, kindOf(t, object)+" to be made again", func(context.Context) (any, bool) {
				return object, find(t, object) && object.GetUID() != deleted
			})
		}
		awaitReady(t, webhook)
	})
	t.Run("do no harm where they take the operator's label away", func(t *testing.T) {
		for _, object := range readObjects(t, webhook) {
			uid := object.GetUID()
			change(t, object, func(o client.Object) { o.SetLabels(nil) })
			await(t, kindOf(t, object)+" to be labelled again", func(context.Context) (any, bool) {
				return object, find(t, object) && object.GetLabels()[render.LabelManagedBy] == render.ManagedBy
			})
			if object.GetUID() != uid {
				t.Errorf("%s was replaced", kindOf(t, object))
			}
		}
		awaitReady(t, webhook)
	})
}

// editsOfOwned meddle with what the operator owns, by the kind of object and what is done to it. The key of an entry in a
// list is a matter of its own: to a server-side apply, one of another key is another entry.
var editsOfOwned = map[string]meddle{
	"Service, the name of a port": {
		func(o client.Object) { o.(*core.Service).Spec.Ports[0].Name = "other" },
		func(o client.Object) bool { return o.(*core.Service).Spec.Ports[0].Name == "other" },
	},
	"Service, the number of a port": {
		func(o client.Object) { o.(*core.Service).Spec.Ports[0].Port = 8888 },
		func(o client.Object) bool {
			ports := o.(*core.Service).Spec.Ports
			return len(ports) != 1 || ports[0].Port != 80
		},
	},
	"ConfigMap, the configuration": {
		func(o client.Object) { o.(*core.ConfigMap).Data["receiver.yaml"] = "{}" },
		func(o client.Object) bool { return o.(*core.ConfigMap).Data["receiver.yaml"] == "{}" },
	},
	"Deployment, the number of a port": {
		func(o client.Object) {
			o.(*apps.Deployment).Spec.Template.Spec.Containers[0].Ports[0].ContainerPort = 9999
		},
		func(o client.Object) bool {
			ports := o.(*apps.Deployment).Spec.Template.Spec.Containers[0].Ports
			return len(ports) != 2 || ports[0].ContainerPort != render.IntakePort
		},
	},
	"Deployment, the number of receivers": {
		func(o client.Object) { o.(*apps.Deployment).Spec.Replicas = ptr.To[int32](0) },
		func(o client.Object) bool { return *o.(*apps.Deployment).Spec.Replicas == 0 },
	},
	"PodDisruptionBudget, the budget": {
		func(o client.Object) {
			o.(*policy.PodDisruptionBudget).Spec.MaxUnavailable = ptr.To(intstr.FromString("100%"))
		},
		func(o client.Object) bool {
			return o.(*policy.PodDisruptionBudget).Spec.MaxUnavailable.String() == "100%"
		},
	},
	"ServiceAccount, the token": {
		func(o client.Object) { o.(*core.ServiceAccount).AutomountServiceAccountToken = ptr.To(true) },
		func(o client.Object) bool { return *o.(*core.ServiceAccount).AutomountServiceAccountToken },
	},
}

// editsOfOthers meddle with what the operator leaves to others.
var editsOfOthers = map[string]meddle{
	"Service": {
		func(o client.Object) { o.(*core.Service).Spec.SessionAffinity = core.ServiceAffinityClientIP },
		func(o client.Object) bool {
			return o.(*core.Service).Spec.SessionAffinity == core.ServiceAffinityClientIP
		},
	},
	"ConfigMap": {
		func(o client.Object) { o.(*core.ConfigMap).Data["notes"] = "of the team" },
		func(o client.Object) bool { return o.(*core.ConfigMap).Data["notes"] == "of the team" },
	},
	"Deployment": {
		func(o client.Object) { o.(*apps.Deployment).Spec.MinReadySeconds = 1 },
		func(o client.Object) bool { return o.(*apps.Deployment).Spec.MinReadySeconds == 1 },
	},
}

// objectOf reads the object of a kind that a resource leads to.
func objectOf(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, kind string) client.Object {
	t.Helper()
	for _, o := range readObjects(t, webhook) {
		if kindOf(t, o) == kind {
			return o
		}
	}
	t.Fatalf("no object of the kind %s", kind)
	return nil
}

// with adds entries to a copy of a map.
func with(to, more map[string]string) map[string]string {
	sum := map[string]string{}
	for _, m := range []map[string]string{to, more} {
		for key, value := range m {
			sum[key] = value
		}
	}
	return sum
}
