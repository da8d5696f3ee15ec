// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	receiver "github.com/superoffice-webhook/operator/receiver/status"
)

func TestWorthWriting(t *testing.T) {
	w := resource()
	look(w, good(), nil)
	figures := *w.Status.DeepCopy()
	figures.Delivery.Pending, figures.Sinks[0].Pending = 7, 7
	for _, c := range []struct {
		name    string
		written time.Duration // ago; 0 is never
		status  v1alpha1.SuperOfficeWebhookStatus
		want    bool
	}{
		{"nothing new", 0, w.Status, false},
		{"nothing new for long", time.Hour, w.Status, false},
		{"figures by an operator that has just started", 0, figures, false},
		{"figures soon after the last", time.Second, figures, false},
		{"figures after the interval", time.Minute, figures, true},
		{"a condition soon after the last", time.Second, changed(w, good(func(f *findings) { f.receivers.rollout.Ready = 0 })), true},
		{"a message soon after the last", time.Second, changed(w, good(func(f *findings) { f.receivers.rollout.Ready = 1 })), true},
		{"a pod that is ready soon after the last", time.Second, func() v1alpha1.SuperOfficeWebhookStatus {
			s := *w.Status.DeepCopy()
			s.ReadyReplicas = 3
			return s
		}(), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Reconciler{ObserveInterval: 30 * time.Second}
			if c.written != 0 {
				r.reported.keep(client.ObjectKeyFromObject(w), time.Now().Add(-c.written))
			}
			if got := r.worthWriting(w, w.Status, c.status); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// changed is the status after one more look.
func changed(w *v1alpha1.SuperOfficeWebhook, found findings) v1alpha1.SuperOfficeWebhookStatus {
	w = w.DeepCopy()
	look(w, found, nil)
	return w.Status
}

// reporting is a reconciler with an API server that holds the resource.
type reporting struct {
	*Reconciler
	recorder *events.FakeRecorder
	writes   int
	refuse   error
}

func newReporting(t *testing.T) *reporting {
	t.Helper()
	r := &reporting{recorder: events.NewFakeRecorder(100)}
	api := server(t, resource()).WithInterceptorFuncs(interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			r.writes++
			if r.refuse != nil {
				return r.refuse
			}
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		},
	}).Build()
	r.Reconciler = &Reconciler{Client: api, Events: r.recorder, ObserveInterval: 30 * time.Second}
	return r
}

// read is the resource as it is stored.
func (r *reporting) read(t *testing.T) *v1alpha1.SuperOfficeWebhook {
	t.Helper()
	var w v1alpha1.SuperOfficeWebhook
	if err := r.Client.Get(t.Context(), client.ObjectKeyFromObject(resource()), &w); err != nil {
		t.Fatal(err)
	}
	return &w
}

// told are the Events since the last call.
func (r *reporting) told() []string {
	var all []string
	for len(r.recorder.Events) > 0 {
		all = append(all, <-r.recorder.Events)
	}
	return all
}

func (r *reporting) once(t *testing.T, found findings, failure error) (ctrl.Result, error) {
	t.Helper()
	return r.report(t.Context(), r.read(t), found, failure)
}

func TestReport(t *testing.T) {
	t.Run("writes and tells once what is news", func(t *testing.T) {
		r := newReporting(t)
		for range 3 {
			if _, err := r.once(t, good(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if r.writes != 1 {
			t.Errorf("%d writes, want 1", r.writes)
		}
		if diff := cmp.Diff([]string{"Normal Ready 2 of 2 receivers accept events"}, r.told()); diff != "" {
			t.Errorf("Events (-want +got)\n%s", diff)
		}
		if got := r.read(t).Status; got.ReadyReplicas != 2 || find(got, "Ready").Status != meta.ConditionTrue {
			t.Errorf("stored is %+v", got)
		}
	})
	t.Run("holds figures back and tells no Event about them", func(t *testing.T) {
		r := newReporting(t)
		for pending := range int64(3) {
			found := good(func(f *findings) { f.receivers.answers[0].Status.Sinks[0].Pending = pending })
			if _, err := r.once(t, found, nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.read(t).Status.Delivery.Pending; r.writes != 1 || got != 0 {
			t.Errorf("%d writes, %d pending", r.writes, got)
		}
		failing := good(func(f *findings) { f.receivers.answers[0] = tells("a", receiver.Failing, "answered 500") })
		if _, err := r.once(t, failing, nil); err != nil || r.writes != 2 {
			t.Errorf("%d writes when a sink fails, error %v", r.writes, err)
		}
	})
	t.Run("reports a failure and returns it to be tried again", func(t *testing.T) {
		r := newReporting(t)
		failure := errors.New("read Secrets: forbidden")
		if _, err := r.once(t, findings{}, failure); !errors.Is(err, failure) {
			t.Errorf("got %v", err)
		}
		if got := find(r.read(t).Status, "Ready"); got.Reason != v1alpha1.ReasonProgressingWithRetry {
			t.Errorf("Ready is %+v", got)
		}
	})
	t.Run("looks again soon while something is under way, and late otherwise", func(t *testing.T) {
		r := newReporting(t)
		working, err := r.once(t, good(func(f *findings) { f.receivers.rollout.Pending = "1 of 2" }), nil)
		if err != nil || working.RequeueAfter != 3*time.Second {
			t.Errorf("got %+v, %v", working, err)
		}
		settled, err := r.once(t, good(), nil)
		if err != nil || settled.RequeueAfter < 30*time.Second || settled.RequeueAfter > 33*time.Second {
			t.Errorf("got %+v, %v", settled, err)
		}
		r.ObserveInterval = time.Second
		working, err = r.once(t, good(func(f *findings) { f.receivers.rollout.Pending = "1 of 2" }), nil)
		if err != nil || working.RequeueAfter != time.Second {
			t.Errorf("got %+v, %v", working, err)
		}
	})
	t.Run("neither writes nor tells by a resource that has changed since", func(t *testing.T) {
		r := newReporting(t)
		old := r.read(t)
		if err := r.Client.Update(t.Context(), r.read(t)); err != nil {
			t.Fatal(err)
		}
		if got, err := r.report(t.Context(), old, good(), nil); err != nil || got.RequeueAfter != staleRetry {
			t.Errorf("got %+v, %v", got, err)
		}
		if told := r.told(); told != nil || len(r.read(t).Status.Conditions) > 0 {
			t.Errorf("told %v, stored %+v", told, r.read(t).Status)
		}
	})
	t.Run("says nothing about a conflict with another writer", func(t *testing.T) {
		r := newReporting(t)
		conflict := apierrors.NewConflict(schema.GroupResource{Resource: "services"}, "crm-receiver", errors.New("changed"))
		if got, err := r.once(t, findings{}, conflict); err != nil || got.RequeueAfter != staleRetry || r.writes > 0 {
			t.Errorf("got %+v, %v, %d writes", got, err, r.writes)
		}
	})
	t.Run("gives up on a resource that is gone", func(t *testing.T) {
		r := newReporting(t)
		r.refuse = apierrors.NewNotFound(schema.GroupResource{Resource: "superofficewebhooks"}, "crm")
		if got, err := r.once(t, good(), nil); err != nil || !got.IsZero() || r.told() != nil {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("tells nothing that could not be written", func(t *testing.T) {
		r := newReporting(t)
		r.refuse = errors.New("timeout")
		if _, err := r.once(t, good(), nil); !errors.Is(err, r.refuse) || r.told() != nil {
			t.Errorf("got %v", err)
		}
		r.refuse = nil
		if _, err := r.once(t, good(), nil); err != nil || len(r.told()) != 1 {
			t.Errorf("the Event is lost, %v", err)
		}
	})
}
