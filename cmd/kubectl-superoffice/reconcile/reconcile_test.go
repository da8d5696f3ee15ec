// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
)

var at = time.Date(2026, 2, 3, 4, 5, 6, 789, time.UTC)

func TestPatch(t *testing.T) {
	t.Parallel()
	want := `{"metadata":{"annotations":{"webhooks.superoffice.dev/requestedAt":"2026-02-03T04:05:06.000000789Z"}}}`
	if got := string(patch(at)); got != want {
		t.Errorf("the patch is %s, want %s", got, want)
	}
}

// looked is a resource of generation 2 after a look of the operator.
func looked(changes ...func(*v1alpha1.SuperOfficeWebhook)) *v1alpha1.SuperOfficeWebhook {
	w := &v1alpha1.SuperOfficeWebhook{}
	w.Namespace, w.Name, w.Generation = "sales", "crm", 2
	w.Status.ObservedGeneration, w.Status.LastHandledReconcileAt = 2, at.Format(time.RFC3339Nano)
	for _, change := range changes {
		change(w)
	}
	return w
}

func with(kind string, status metav1.ConditionStatus, reason, message string, generation int64) func(*v1alpha1.SuperOfficeWebhook) {
	return func(w *v1alpha1.SuperOfficeWebhook) {
		w.Status.Conditions = append(w.Status.Conditions, metav1.Condition{
			Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: generation,
		})
	}
}

func handledAt(when time.Time) func(*v1alpha1.SuperOfficeWebhook) {
	return func(w *v1alpha1.SuperOfficeWebhook) { w.Status.LastHandledReconcileAt = when.Format(time.RFC3339Nano) }
}

func TestJudge(t *testing.T) {
	t.Parallel()
	ready := with("Ready", metav1.ConditionTrue, "Accepting", "2 of 2", 2)
	const unseen = "the operator has not looked at SuperOfficeWebhook sales/crm: see that it runs, by `kubectl superoffice doctor crm -n sales`"
	for name, c := range map[string]struct {
		webhook *v1alpha1.SuperOfficeWebhook
		done    bool
		code    exit.Code
		says    string
	}{
		"ready":                        {looked(ready), true, exit.Fine, ""},
		"ready, and asked again since": {looked(ready, handledAt(at.Add(time.Second))), true, exit.Fine, ""},
		"ready before it was asked":    {looked(ready, handledAt(at.Add(-time.Second))), false, exit.Failed, unseen},
		"never looked at":              {looked(func(w *v1alpha1.SuperOfficeWebhook) { w.Status = v1alpha1.SuperOfficeWebhookStatus{} }), false, exit.Failed, unseen},
		"ready by the former spec":     {looked(with("Ready", metav1.ConditionTrue, "Accepting", "2 of 2", 1)), false, exit.Failed, unseen},
		"ready, and changed since":     {looked(ready, func(w *v1alpha1.SuperOfficeWebhook) { w.Generation = 3 }), false, exit.Failed, unseen},
		"on its way": {
			looked(with("Ready", metav1.ConditionUnknown, "RolloutInProgress", "1 of 2", 2), with("Reconciling", metav1.ConditionTrue, "RolloutInProgress", "1 of 2", 2)),
			false, exit.Wrong, "SuperOfficeWebhook sales/crm is not ready: RolloutInProgress: 1 of 2",
		},
		"without its Secret, which may come": {
			looked(with("Ready", metav1.ConditionFalse, "SecretNotFound", "no Secret", 2)),
			false, exit.Wrong, "SuperOfficeWebhook sales/crm is not ready: SecretNotFound: no Secret",
		},
		"stalled": {
			looked(with("Ready", metav1.ConditionFalse, "NameTaken", "taken", 2), with("Stalled", metav1.ConditionTrue, "NameTaken", "taken", 2)),
			true, exit.Wrong, "SuperOfficeWebhook sales/crm is not ready: NameTaken: taken",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &request{Namespace: "sales", Name: "crm", RequestedAt: at}
			done, err := r.judge(c.webhook)
			says := ""
			if err != nil {
				says = err.Error()
			}
			if done != c.done || exit.Of(err) != c.code || says != c.says {
				t.Errorf("got %t, code %d, %q; want %t, code %d, %q", done, exit.Of(err), says, c.done, c.code, c.says)
			}
			if r.Ready != (c.code == exit.Fine) {
				t.Errorf("it is told ready: %t", r.Ready)
			}
		})
	}
}

func TestAwait(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	waits := looked(with("Ready", metav1.ConditionFalse, "SecretNotFound", "no Secret", 2))
	r := &request{Namespace: "sales", Name: "crm", RequestedAt: at}
	t.Run("ends in time", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := r.await(t.Context(), ctx.Done(), fake.NewClientBuilder().WithScheme(scheme).WithObjects(waits).Build())
		const want = "gave up waiting: SuperOfficeWebhook sales/crm is not ready: SecretNotFound: no Secret"
		if exit.Of(err) != exit.Wrong || err.Error() != want {
			t.Errorf("got code %d, %v", exit.Of(err), err)
		}
	})
	t.Run("ends with a resource that goes", func(t *testing.T) {
		err := r.await(t.Context(), nil, fake.NewClientBuilder().WithScheme(scheme).Build())
		if exit.Of(err) != exit.Failed || !strings.Contains(err.Error(), "there is no SuperOfficeWebhook sales/crm") {
			t.Errorf("got code %d, %v", exit.Of(err), err)
		}
	})
}
