// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"fmt"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
)

// Rollout is how far a Deployment's pods are what they should be.
type Rollout struct {
	// Replicas that are wanted.
	Replicas int32
	// Spare are those of them that need not be there: what an autoscaler has added to the least.
	Spare int32
	// Current is the number of pods, those of a former version included.
	Current int32
	// Ready is the number of pods that accept events.
	Ready int32
	// Exists is false before the Deployment was made.
	Exists bool
	// Pending says what a rollout still waits for; empty when it is complete. Pods that fail later do not undo it.
	Pending string
	// Scaling is true when no more than the number of pods is known to be pending.
	Scaling bool
	// Overdue is true when the rollout takes longer than its deadline.
	Overdue bool
}

// RolloutOf reads a Deployment of which at least this generation must be known; nil is one that does not exist.
func RolloutOf(d *apps.Deployment, generation int64) Rollout {
	if d == nil {
		return Rollout{Pending: "the Deployment of the receivers does not exist yet"}
	}
	r := Rollout{
		Exists:   true,
		Replicas: 1, // the Deployment's own default
		Current:  d.Status.Replicas,
		Ready:    d.Status.ReadyReplicas,
	}
	if d.Spec.Replicas != nil {
		r.Replicas = *d.Spec.Replicas
	}
	progressing := condition(d, apps.DeploymentProgressing)
	r.Overdue = progressing.Reason == "ProgressDeadlineExceeded"
	switch {
	case d.Generation < generation || d.Status.ObservedGeneration < d.Generation:
		r.Pending, r.Scaling = "the Deployment of the receivers was just changed", true
	case d.Status.UpdatedReplicas < r.Replicas:
		r.Pending = fmt.Sprintf("%d of %d receivers are of the new version", d.Status.UpdatedReplicas, r.Replicas)
		r.Scaling = d.Status.Replicas == d.Status.UpdatedReplicas && progressing.Reason == "NewReplicaSetAvailable"
	case d.Status.Replicas > d.Status.UpdatedReplicas:
		r.Pending = fmt.Sprintf("%d receivers of the former version are still there", d.Status.Replicas-d.Status.UpdatedReplicas)
	case progressing.Reason != "NewReplicaSetAvailable":
		r.Pending = fmt.Sprintf("%d of %d new receivers are ready", d.Status.ReadyReplicas, r.Replicas)
	}
	return r
}

// Enough tells whether at least half of the pods that have to be there are ready, and not fewer than one: no receiver is never
// enough, even where an autoscaler wants none.
func (r Rollout) Enough() bool { return r.Exists && r.Ready > 0 && r.Ready*2 >= r.Replicas-r.Spare }

func condition(d *apps.Deployment, t apps.DeploymentConditionType) apps.DeploymentCondition {
	for _, c := range d.Status.Conditions {
		if c.Type == t {
			return c
		}
	}
	return apps.DeploymentCondition{Status: core.ConditionUnknown}
}
