// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
)

func TestReconcile(t *testing.T) {
	key := client.ObjectKeyFromObject(resource())
	t.Run("forgets a resource that is gone", func(t *testing.T) {
		r := &Reconciler{Client: server(t).Build()}
		r.applied.keep(key, map[string]written{"Service": {}})
		r.reported.keep(key, time.Now())
		if got, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: key}); err != nil || !got.IsZero() {
			t.Errorf("got %+v, %v", got, err)
		}
		if r.applied.recall(key) != nil || !r.reported.recall(key).IsZero() {
			t.Error("it is still remembered")
		}
	})
	t.Run("leaves a resource alone that is being deleted", func(t *testing.T) {
		w := resource(func(w *v1alpha1.SuperOfficeWebhook) { w.Finalizers = []string{"foregroundDeletion"} })
		api := server(t, w).Build()
		if err := api.Delete(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		r := &Reconciler{Client: api} // would fail to read Secrets, with nothing to read them by
		if got, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: key}); err != nil || !got.IsZero() {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}
