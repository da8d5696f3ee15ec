// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

// TestKstatus asks the library by which Flux, Argo CD, Helm and kpt wait for resources.
func TestKstatus(t *testing.T) {
	t.Parallel()

	t.Run("is InProgress from the creation on, and Current once it is ready", func(t *testing.T) {
		t.Parallel()
		ns := newNamespace(t)
		versions := record[*v1alpha1.SuperOfficeWebhook](t, ns, &v1alpha1.SuperOfficeWebhookList{})
		create(t, newSecret(ns, "crm", map[string]string{"secret": shared}))
		webhook := newWebhook(ns, nowhere())
		create(t, webhook)
		awaitReady(t, webhook)
		var course []status.Status
		for _, v := range versions.all(t, webhook) {
			if s := kstatus(t, v); len(course) == 0 || course[len(course)-1] != s {
				course = append(course, s)
			}
		}
		if difference := cmp.Diff([]status.Status{status.InProgressStatus, status.CurrentStatus}, course); difference != "" {
			t.Errorf("course (-want +got):\n%s", difference)
		}
	})
	t.Run("is InProgress while a Secret is missing", func(t *testing.T) {
		t.Parallel()
		webhook := newWebhook(newNamespace(t), nowhere())
		create(t, webhook)
		awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonSecretNotFound)
		wantKstatus(t, webhook, status.InProgressStatus)
	})
	t.Run("is Failed while it is stalled", func(t *testing.T) {
		t.Parallel()
		ns := newNamespace(t)
		create(t, &core.ConfigMap{ObjectMeta: meta.ObjectMeta{Namespace: ns, Name: "crm-receiver"}})
		webhook := newWebhook(ns, nowhere())
		create(t, webhook)
		awaitCondition(t, webhook, v1alpha1.ConditionStalled, meta.ConditionTrue, v1alpha1.ReasonNameTaken)
		wantKstatus(t, webhook, status.FailedStatus)
	})
	t.Run("is Terminating while its objects are removed before it", func(t *testing.T) {
		t.Parallel()
		ns := newNamespace(t)
		webhook := newWebhook(ns, nowhere())
		create(t, webhook)
		awaitCondition(t, webhook, v1alpha1.ConditionReady, meta.ConditionFalse, v1alpha1.ReasonSecretNotFound)
		versions := record[*v1alpha1.SuperOfficeWebhook](t, ns, &v1alpha1.SuperOfficeWebhookList{})
		remove(t, webhook, client.PropagationPolicy(meta.DeletePropagationForeground))
		awaitGone(t, webhook)
		known := versions.soFar()
		if len(known) == 0 || kstatus(t, known[len(known)-1]) != status.TerminatingStatus {
			t.Errorf("last seen as\n%s", printed(known))
		}
	})
}

func wantKstatus(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook, want status.Status) {
	t.Helper()
	if got := kstatus(t, webhook); got != want {
		t.Errorf("kstatus says %s, want %s of\n%s", got, want, printed(webhook.Status))
	}
}

func kstatus(t *testing.T, webhook *v1alpha1.SuperOfficeWebhook) status.Status {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(webhook)
	if err != nil {
		t.Fatal(err)
	}
	result, err := status.Compute(&unstructured.Unstructured{Object: content})
	if err != nil {
		t.Fatal(err)
	}
	return result.Status
}
