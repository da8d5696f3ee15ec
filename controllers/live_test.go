// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/controllers/render"
)

// overTLS is a Deployment whose receivers have all got TLS.
func overTLS(w *v1alpha1.SuperOfficeWebhook) *apps.Deployment {
	d := &apps.Deployment{ObjectMeta: ofResource(w), Status: apps.DeploymentStatus{Replicas: 2, UpdatedReplicas: 2, AvailableReplicas: 2}}
	d.Spec.Template.Spec.Containers = []core.Container{{Name: "receiver", Ports: []core.ContainerPort{{Name: "https", ContainerPort: render.IntakePort}}}}
	return d
}

// A resource that is suspended while its receivers are replaced is to accept events all the same.
func TestEntranceMovesWhileSuspended(t *testing.T) {
	for _, c := range []struct {
		name       string
		deployment *apps.Deployment
		applied    []string
	}{
		{"all receivers have the new entrance", overTLS(resource()), []string{"ConfigMap", "Service", "Ingress"}},
		{"the receivers are those of before", &apps.Deployment{ObjectMeta: ofResource(resource())}, []string{"ConfigMap"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := resource(suspended, onTLS, withIngress)
			var applied []string
			api := server(t, c.deployment, inClear(w), &networking.Ingress{ObjectMeta: ofResource(w)}).WithInterceptorFuncs(interceptor.Funcs{
				Apply: func(_ context.Context, _ client.WithWatch, object runtime.ApplyConfiguration, _ ...client.ApplyOption) error {
					applied = append(applied, object.(interface{ GetKind() string }).GetKind())
					return nil
				},
			}).Build()
			r := &Reconciler{Client: api, Live: api}
			live, err := r.live(t.Context(), w)
			if err != nil {
				t.Fatal(err)
			}
			objects := objectsOf(t, w, live)
			if _, err := r.writer().apply(t.Context(), ownerOf(w), objects); err != nil {
				t.Fatal(err)
			}
			if _, err := r.expose(t.Context(), w, objects); err != nil {
				t.Fatal(err)
			}
			missing := []string{"ServiceAccount", "PodDisruptionBudget"} // what is not there is made in any case
			applied = slices.DeleteFunc(applied, func(kind string) bool { return slices.Contains(missing, kind) })
			if diff := cmp.Diff(c.applied, applied); diff != "" {
				t.Errorf("what was written (-want +got)\n%s", diff)
			}
		})
	}
}

func TestLive(t *testing.T) {
	w, other := resource(), resource(func(w *v1alpha1.SuperOfficeWebhook) { w.UID = "another" })
	objects := func(w *v1alpha1.SuperOfficeWebhook) []client.Object {
		return []client.Object{&core.PersistentVolumeClaim{ObjectMeta: ofResource(w)}, inClear(w), overTLS(w)}
	}
	for _, c := range []struct {
		name  string
		of    *v1alpha1.SuperOfficeWebhook
		there []client.Object
		want  bool
	}{
		{"its own counts", w, objects(w), true},
		{"that of somebody else does not", w, objects(other), false},
		{"there is nothing", w, nil, false},
		{"that of a pool does not", resource(func(w *v1alpha1.SuperOfficeWebhook) { w.Spec.Receiver.Pool = "edge" }), objects(w), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			live, err := (&Reconciler{Client: server(t, c.there...).Build()}).live(t.Context(), c.of)
			if err != nil {
				t.Fatal(err)
			}
			for kind, there := range map[string]bool{"claim": live.Claim != nil, "Service": live.Service != nil, "Deployment": live.Deployment != nil} {
				if there != c.want {
					t.Errorf("the %s counts: %t", kind, there)
				}
			}
		})
	}
}
