// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
)

// with is a cluster that holds one object. It has a scheme of its own, since the client notes there what it has not seen before.
func with(object *unstructured.Unstructured) *patient {
	client := fake.NewClientBuilder().WithScheme(runtime.NewScheme()).WithObjects(object).Build()
	return &patient{cluster: &resource.Cluster{Client: client}}
}

// manager is the operator's Deployment of a chart whose name was overridden.
func manager(labels map[string]string, available int64) *unstructured.Unstructured {
	d := newObject("apps", "v1", "Deployment")
	d.SetNamespace("operators")
	d.SetName("op-hooks")
	d.SetLabels(labels)
	d.Object["spec"] = map[string]any{
		"selector": map[string]any{"matchLabels": map[string]any{"app.kubernetes.io/name": "hooks"}},
		"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"image": "manager:v1"}}}},
	}
	d.Object["status"] = map[string]any{"availableReplicas": available}
	return d
}

func TestOperator(t *testing.T) {
	t.Parallel()
	labels := map[string]string{
		"app.kubernetes.io/name": "hooks", "app.kubernetes.io/component": "manager", "app.kubernetes.io/part-of": "superoffice-webhook-operator",
	}
	receiver := map[string]string{
		"app.kubernetes.io/name": "superoffice-webhook-receiver", "app.kubernetes.io/component": "receiver", "app.kubernetes.io/part-of": "superoffice-webhook-operator",
	}
	for name, test := range map[string]struct {
		deployment *unstructured.Unstructured
		want       result
	}{
		"whatever it is called": {
			manager(labels, 1),
			result{"", ok, "Deployment operators/op-hooks is available, image manager:v1", ""},
		},
		"without a pod": {
			manager(labels, 0),
			result{"", failed, "Deployment operators/op-hooks has no pod that is available", "See kubectl describe pods -n operators -l app.kubernetes.io/name=hooks and their logs."},
		},
		"not to be found": {
			manager(receiver, 1),
			result{
				"", warning, "there is no Deployment with the labels app.kubernetes.io/component=manager,app.kubernetes.io/part-of=superoffice-webhook-operator",
				"Install it, unless it runs without these labels. Without it receivers that are there work on, but nothing that you change takes effect.",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := with(test.deployment)
			f := &findings{}
			p.operator(t.Context(), f)
			if diff := cmp.Diff([]result{test.want}, f.results); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
