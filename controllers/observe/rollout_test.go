// SPDX-License-Identifier: Apache-2.0

package observe_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/controllers/observe"
)

// deployment is one of two replicas whose pods are all as they should be, changed.
func deployment(change func(d *apps.Deployment)) *apps.Deployment {
	two := int32(2)
	d := &apps.Deployment{
		ObjectMeta: metav1.ObjectMeta{Generation: 3},
		Spec:       apps.DeploymentSpec{Replicas: &two},
		Status: apps.DeploymentStatus{
			ObservedGeneration: 3, Replicas: 2, UpdatedReplicas: 2, ReadyReplicas: 2, AvailableReplicas: 2,
			Conditions: []apps.DeploymentCondition{{Type: apps.DeploymentProgressing, Status: core.ConditionTrue, Reason: "NewReplicaSetAvailable"}},
		},
	}
	if change != nil {
		change(d)
	}
	return d
}

// progressing sets the reason of the Deployment's condition of that type.
func progressing(d *apps.Deployment, reason string) { d.Status.Conditions[0].Reason = reason }

func TestRolloutOf(t *testing.T) {
	for _, c := range []struct {
		name       string
		deployment *apps.Deployment
		generation int64
		want       observe.Rollout
		enough     bool
	}{
		{
			name: "there is none",
			want: observe.Rollout{Pending: "the Deployment of the receivers does not exist yet"},
		},
		{
			name:       "it is complete",
			deployment: deployment(nil),
			generation: 3,
			want:       observe.Rollout{Exists: true, Replicas: 2, Current: 2, Ready: 2},
			enough:     true,
		},
		{
			name:       "the cache is older than what was written",
			deployment: deployment(nil),
			generation: 4,
			want:       observe.Rollout{Exists: true, Replicas: 2, Current: 2, Ready: 2, Pending: "the Deployment of the receivers was just changed", Scaling: true},
			enough:     true,
		},
		{
			name:       "its controller has not seen it yet",
			deployment: deployment(func(d *apps.Deployment) { d.Status = apps.DeploymentStatus{} }),
			want:       observe.Rollout{Exists: true, Replicas: 2, Pending: "the Deployment of the receivers was just changed", Scaling: true},
		},
		{
			name: "the first pods start",
			deployment: deployment(func(d *apps.Deployment) {
				d.Status.ReadyReplicas = 0
				progressing(d, "ReplicaSetUpdated")
			}),
			want: observe.Rollout{Exists: true, Replicas: 2, Current: 2, Pending: "0 of 2 new receivers are ready"},
		},
		{
			name: "half of them are ready",
			deployment: deployment(func(d *apps.Deployment) {
				d.Status.ReadyReplicas = 1
				progressing(d, "ReplicaSetUpdated")
			}),
			want:   observe.Rollout{Exists: true, Replicas: 2, Current: 2, Ready: 1, Pending: "1 of 2 new receivers are ready"},
			enough: true,
		},
		{
			name: "new pods take the place of former ones",
			deployment: deployment(func(d *apps.Deployment) {
				d.Status.Replicas, d.Status.UpdatedReplicas = 3, 1
				progressing(d, "ReplicaSetUpdated")
			}),
			want:   observe.Rollout{Exists: true, Replicas: 2, Current: 3, Ready: 2, Pending: "1 of 2 receivers are of the new version"},
			enough: true,
		},
		{
			name: "more pods are wanted of the same version",
			deployment: deployment(func(d *apps.Deployment) {
				five := int32(5)
				d.Spec.Replicas = &five
			}),
			want: observe.Rollout{Exists: true, Replicas: 5, Current: 2, Ready: 2, Pending: "2 of 5 receivers are of the new version", Scaling: true},
		},
		{
			name: "no pods are wanted",
			deployment: deployment(func(d *apps.Deployment) {
				none := int32(0)
				d.Spec.Replicas = &none
				d.Status.Replicas, d.Status.UpdatedReplicas, d.Status.ReadyReplicas = 0, 0, 0
			}),
			want: observe.Rollout{Exists: true},
		},
		{
			name: "the last of the former version goes",
			deployment: deployment(func(d *apps.Deployment) {
				d.Status.Replicas, d.Status.ReadyReplicas = 3, 3
				progressing(d, "ReplicaSetUpdated")
			}),
			want:   observe.Rollout{Exists: true, Replicas: 2, Current: 3, Ready: 3, Pending: "1 receivers of the former version are still there"},
			enough: true,
		},
		{
			name: "it takes too long",
			deployment: deployment(func(d *apps.Deployment) {
				d.Status.Replicas, d.Status.UpdatedReplicas = 3, 1
				progressing(d, "ProgressDeadlineExceeded")
			}),
			want:   observe.Rollout{Exists: true, Replicas: 2, Current: 3, Ready: 2, Pending: "1 of 2 receivers are of the new version", Overdue: true},
			enough: true,
		},
		{
			name:       "a pod fails when it is over",
			deployment: deployment(func(d *apps.Deployment) { d.Status.ReadyReplicas = 0 }),
			want:       observe.Rollout{Exists: true, Replicas: 2, Current: 2},
		},
		{
			name: "nobody said how many pods there should be",
			deployment: deployment(func(d *apps.Deployment) {
				d.Spec.Replicas = nil
				d.Status.Replicas, d.Status.UpdatedReplicas, d.Status.ReadyReplicas = 1, 1, 1
			}),
			want:   observe.Rollout{Exists: true, Replicas: 1, Current: 1, Ready: 1},
			enough: true,
		},
		{
			name:       "nobody said how it goes",
			deployment: deployment(func(d *apps.Deployment) { d.Status.Conditions = nil }),
			want:       observe.Rollout{Exists: true, Replicas: 2, Current: 2, Ready: 2, Pending: "2 of 2 new receivers are ready"},
			enough:     true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := observe.RolloutOf(c.deployment, c.generation)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got.Enough() != c.enough {
				t.Errorf("enough: %t, want %t", got.Enough(), c.enough)
			}
		})
	}
}

func TestEnoughIsAtLeastHalf(t *testing.T) {
	for _, c := range []struct {
		ready, replicas, spare int32
		want                   bool
	}{
		{0, 1, 0, false},
		{1, 1, 0, true},
		{1, 2, 0, true},
		{1, 3, 0, false},
		{2, 3, 0, true},
		{2, 5, 0, false},
		{3, 5, 0, true},
		{0, 0, 0, false},
		{1, 8, 6, true},
		{0, 8, 8, false},
		{1, 8, 5, false},
	} {
		if got := (observe.Rollout{Exists: true, Ready: c.ready, Replicas: c.replicas, Spare: c.spare}).Enough(); got != c.want {
			t.Errorf("%d of %d, of which %d are spare, is enough: %t", c.ready, c.replicas, c.spare, got)
		}
	}
}
