// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// view is everything from which a pod's status follows.
type view struct {
	pod     *corev1.Pod
	address string
	began   metav1.Time
	// ended is set when the pod was told to end and all its processes have.
	ended      bool
	init, main []corev1.ContainerStatus
}

// status returns the status that follows, given the one before, whose conditions keep their times where they stay.
func (v view) status(before corev1.PodStatus, now metav1.Time) corev1.PodStatus {
	s := *before.DeepCopy()
	s.ObservedGeneration = v.pod.Generation
	s.StartTime = &v.began
	s.HostIP, s.HostIPs = nodeAddress, []corev1.HostIP{{IP: nodeAddress}}
	if v.address != "" {
		s.PodIP, s.PodIPs = v.address, []corev1.PodIP{{IP: v.address}}
	}
	s.InitContainerStatuses, s.ContainerStatuses = v.init, v.main
	s.Phase = v.phase()
	for _, c := range v.conditions(s.Phase) {
		setCondition(&s, c, now)
	}
	return s
}

// terminal tells whether a pod of this phase will never run again.
func terminal(phase corev1.PodPhase) bool {
	return phase == corev1.PodSucceeded || phase == corev1.PodFailed
}

// phase follows kubelet's rules.
func (v view) phase() corev1.PodPhase {
	policy := v.pod.Spec.RestartPolicy
	for _, c := range v.init {
		switch t := c.State.Terminated; {
		case t == nil:
			return corev1.PodPending
		case t.ExitCode != 0 && policy == corev1.RestartPolicyNever:
			return corev1.PodFailed
		case t.ExitCode != 0:
			return corev1.PodPending
		}
	}
	count := tally(v.main)
	switch {
	case count.waiting > 0:
		return corev1.PodPending
	case count.running > 0 || count.restarting > 0:
		return corev1.PodRunning
	case policy == corev1.RestartPolicyAlways && !v.ended:
		return corev1.PodRunning
	case count.failed == 0:
		return corev1.PodSucceeded
	case policy == corev1.RestartPolicyOnFailure && !v.ended:
		return corev1.PodRunning
	default:
		return corev1.PodFailed
	}
}

// counts are the numbers of containers in each state.
type counts struct{ waiting, restarting, running, succeeded, failed int }

func tally(containers []corev1.ContainerStatus) counts {
	var n counts
	for _, c := range containers {
		switch {
		case c.State.Running != nil:
			n.running++
		case c.State.Terminated != nil && c.State.Terminated.ExitCode == 0:
			n.succeeded++
		case c.State.Terminated != nil:
			n.failed++
		case c.LastTerminationState.Terminated != nil:
			n.restarting++
		default:
			n.waiting++
		}
	}
	return n
}

// conditions are the pod's own ones, in the order in which they become true.
func (v view) conditions(phase corev1.PodPhase) []corev1.PodCondition {
	initialized := condition(corev1.PodInitialized, unready(v.init), "ContainersNotInitialized", "containers with incomplete status: %s")
	if phase == corev1.PodSucceeded {
		done := func(t corev1.PodConditionType) corev1.PodCondition {
			return corev1.PodCondition{Type: t, Status: corev1.ConditionFalse, Reason: "PodCompleted"}
		}
		initialized.Reason = "PodCompleted"
		return []corev1.PodCondition{scheduled(), initialized, done(corev1.ContainersReady), done(corev1.PodReady)}
	}
	return []corev1.PodCondition{
		scheduled(),
		initialized,
		condition(corev1.ContainersReady, unready(v.main), "ContainersNotReady", "containers with unready status: %s"),
		condition(corev1.PodReady, unready(v.main), "ContainersNotReady", "containers with unready status: %s"),
	}
}

func scheduled() corev1.PodCondition {
	return corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}
}

func condition(t corev1.PodConditionType, lacking []string, reason, message string) corev1.PodCondition {
	if len(lacking) == 0 {
		return corev1.PodCondition{Type: t, Status: corev1.ConditionTrue}
	}
	return corev1.PodCondition{
		Type: t, Status: corev1.ConditionFalse, Reason: reason, Message: fmt.Sprintf(message, "["+strings.Join(lacking, " ")+"]"),
	}
}

func unready(containers []corev1.ContainerStatus) []string {
	var names []string
	for _, c := range containers {
		if !c.Ready {
			names = append(names, c.Name)
		}
	}
	return names
}

func setCondition(s *corev1.PodStatus, c corev1.PodCondition, now metav1.Time) {
	c.ObservedGeneration = s.ObservedGeneration
	c.LastTransitionTime = now
	for i := range s.Conditions {
		old := &s.Conditions[i]
		if old.Type != c.Type {
			continue
		}
		if old.Status == c.Status {
			c.LastTransitionTime = old.LastTransitionTime
		}
		*old = c
		return
	}
	s.Conditions = append(s.Conditions, c)
}
