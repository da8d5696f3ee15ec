// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// TestAPIServerIsRestarted kills the API server under a resource at work. It runs alone.
func TestAPIServerIsRestarted(t *testing.T) {
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	erp := newSink(t)
	webhook := newWebhook(ns, to("erp", erp.URL))
	create(t, webhook)
	awaitReady(t, webhook)
	pods := receiversOf(t, webhook)
	intake := intakeOf(t, pods[0])
	before := objectRevisions(t, webhook)

	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	if err := stage.cluster.RestartAPIServer(ctx); err != nil {
		t.Fatal(err)
	}
	erp.awaitArrival(t, postAll(t, intake, shared, 1))
	awaitRounds(t, webhook, 2)
	if difference := cmp.Diff(before, objectRevisions(t, webhook)); difference != "" {
		t.Errorf("resourceVersions (-before +after):\n%s", difference)
	}
	// The operator has lost its watches. It sees changes again, of the resource, of its Secret and of what it owns.
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.IgnoreAssociates = []int64{7} })
	awaitReady(t, webhook)
	remove(t, objectOf(t, webhook, "PodDisruptionBudget"))
	await(t, "the budget to be made again", func(context.Context) (any, bool) {
		budget := receiverObjects(ns, webhook.Name)[3]
		return budget, find(t, budget)
	})
	secret := newSecret(ns, "crm", nil)
	remove(t, secret)
	awaitCondition(t, webhook, v1alpha1.ConditionReady, "False", v1alpha1.ReasonSecretNotFound)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	awaitReady(t, webhook)
	if difference := cmp.Diff(lives(pods), lives(receiversOf(t, webhook))); difference != "" {
		t.Errorf("receivers (-before +after):\n%s", difference)
	}
}

// objectRevisions are the resourceVersions of what only the operator writes.
func objectRevisions(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) map[string]string {
	t.Helper()
	versions := map[string]string{}
	for _, o := range readObjects(t, webhook) {
		versions[kindOf(t, o)] = o.GetResourceVersion()
	}
	maps.DeleteFunc(versions, func(kind, _ string) bool { return kind == "Deployment" || kind == "PodDisruptionBudget" })
	return versions
}

// TestDefinitionIsUpgraded has a resource that was stored by an older definition, which lacks fields. It runs alone.
func TestDefinitionIsUpgraded(t *testing.T) {
	ns := newNamespace(t)
	create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
	t.Cleanup(func() { kubectlAfter(t, "apply", "--server-side", "--force-conflicts", "-k", "config/crd") })
	older := filepath.Join(t.TempDir(), "crd.yaml")
	if err := os.WriteFile(older, definitionWithout(t, [][]string{
		{"spec", "properties", "ignoreAssociates"}, {"status", "properties", "lastHandledReconcileAt"},
	}), 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "apply", "--server-side", "--force-conflicts", "-f", older)
	await(t, "the older definition to be in force", func(context.Context) (any, bool) {
		out, err := execute(t.Context(), "explain", "superofficewebhook.spec.ignoreAssociates")
		return out, err != nil
	})
	webhook := newWebhook(ns, nowhere())
	webhook.Spec.IgnoreAssociates = []int64{7}
	create(t, webhook)
	awaitReady(t, webhook)
	if webhook.Spec.IgnoreAssociates != nil {
		t.Fatal("the older definition knows the field")
	}
	pods := receiversOf(t, webhook)
	was := webhook.DeepCopy()

	kubectl(t, "apply", "--server-side", "--force-conflicts", "-k", "config/crd")
	await(t, "the definition to be in force", func(context.Context) (any, bool) {
		out, err := execute(t.Context(), "explain", "superofficewebhook.spec.ignoreAssociates")
		return out, err == nil
	})
	awaitRounds(t, webhook, 2)
	if !find(t, webhook) || webhook.UID != was.UID || webhook.Generation != was.Generation {
		t.Errorf("the stored resource is another one, or was changed:\n%s", printed(webhook))
	}
	change(t, webhook, func(w *v1alpha1.SuperOfficeWebhook) {
		w.Spec.IgnoreAssociates = []int64{7}
		w.Annotations = with(w.Annotations, map[string]string{v1alpha1.AnnotationRequestedAt: "after the upgrade"})
	})
	awaitStatus(t, webhook, "the new fields", func(s v1alpha1.SuperOfficeWebhookStatus) bool {
		return s.LastHandledReconcileAt == "after the upgrade" && len(webhook.Spec.IgnoreAssociates) == 1
	})
	awaitReady(t, webhook)
	if difference := cmp.Diff(lives(pods), lives(receiversOf(t, webhook))); difference != "" {
		t.Errorf("receivers (-before +after):\n%s", difference)
	}
}

// definitionWithout is the definition without parts of its schema.
func definitionWithout(t *testing.T, parts [][]string) []byte {
	t.Helper()
	text, err := os.ReadFile(root + "/config/crd/bases/webhooks.superoffice.dev_superofficewebhooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var definition unstructured.Unstructured
	if err := yaml.Unmarshal(text, &definition.Object); err != nil {
		t.Fatal(err)
	}
	versions, _, err := unstructured.NestedSlice(definition.Object, "spec", "versions")
	if err != nil || len(versions) != 1 {
		t.Fatalf("%d versions: %v", len(versions), err)
	}
	version := versions[0].(map[string]any)
	for _, part := range parts {
		path := append([]string{"schema", "openAPIV3Schema", "properties"}, part...)
		if _, found, _ := unstructured.NestedFieldNoCopy(version, path...); !found {
			t.Fatalf("there is no %v", part)
		}
		unstructured.RemoveNestedField(version, path...)
	}
	if err := unstructured.SetNestedSlice(definition.Object, versions, "spec", "versions"); err != nil {
		t.Fatal(err)
	}
	if text, err = yaml.Marshal(definition.Object); err != nil {
		t.Fatal(err)
	}
	return text
}

// kubectlAfter runs a command when the test's context has ended.
func kubectlAfter(t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if out, err := execute(ctx, args...); err != nil {
		t.Errorf("kubectl %v: %v\n%s", args, err, out)
	}
}
