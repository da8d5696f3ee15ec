// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The states that a container can be in.
func waiting() corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: "waits", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}}
}

func running() corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: "runs", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
}

func ready() corev1.ContainerStatus {
	c := running()
	c.Ready = true
	return c
}

func exited(code int32) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: "exited", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code}}}
}

// backingOff has ended and is about to start again.
func backingOff() corev1.ContainerStatus {
	c := waiting()
	c.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: 1}
	return c
}

type containers = []corev1.ContainerStatus

func TestPhase(t *testing.T) {
	t.Parallel()
	const (
		always    = corev1.RestartPolicyAlways
		onFailure = corev1.RestartPolicyOnFailure
		never     = corev1.RestartPolicyNever
	)
	for name, c := range map[string]struct {
		policy     corev1.RestartPolicy
		ended      bool
		init, main containers
		want       corev1.PodPhase
	}{
		"is Pending before the first start":                {always, false, nil, containers{waiting()}, corev1.PodPending},
		"is Pending until all have started":                {always, false, nil, containers{running(), waiting()}, corev1.PodPending},
		"is Running with all started":                      {always, false, nil, containers{running(), ready()}, corev1.PodRunning},
		"stays Running during a back-off":                  {always, false, nil, containers{backingOff()}, corev1.PodRunning},
		"stays Running when only failures are repeated":    {onFailure, false, nil, containers{exited(0), backingOff()}, corev1.PodRunning},
		"stays Running between an end and a restart":       {always, false, nil, containers{exited(0)}, corev1.PodRunning},
		"is Succeeded when it was told to end and did":     {always, true, nil, containers{exited(0)}, corev1.PodSucceeded},
		"is Failed when it was told to end and was killed": {always, true, nil, containers{exited(0), exited(137)}, corev1.PodFailed},
		"is Running while some have succeeded":             {never, false, nil, containers{exited(0), running()}, corev1.PodRunning},
		"is Running while some have failed":                {never, false, nil, containers{exited(1), running()}, corev1.PodRunning},
		"is Succeeded when all have":                       {never, false, nil, containers{exited(0), exited(0)}, corev1.PodSucceeded},
		"is Failed when one has, for good":                 {never, false, nil, containers{exited(0), exited(1)}, corev1.PodFailed},
		"is Running when one will be tried again":          {onFailure, false, nil, containers{exited(0), exited(1)}, corev1.PodRunning},
		"is Succeeded when nothing is to be tried again":   {onFailure, false, nil, containers{exited(0)}, corev1.PodSucceeded},
		"is Failed when nothing may be tried again":        {onFailure, true, nil, containers{exited(1)}, corev1.PodFailed},
		"is Pending before the init containers":            {always, false, containers{waiting()}, containers{waiting()}, corev1.PodPending},
		"is Pending during the init containers":            {always, false, containers{exited(0), running()}, containers{waiting()}, corev1.PodPending},
		"is Pending after the init containers":             {always, false, containers{exited(0)}, containers{waiting()}, corev1.PodPending},
		"is Pending while an init container fails":         {always, false, containers{exited(1)}, containers{waiting()}, corev1.PodPending},
		"is Failed with an init container, for good":       {never, false, containers{exited(1)}, containers{waiting()}, corev1.PodFailed},
		"is that of the others once initialized":           {always, false, containers{exited(0)}, containers{running()}, corev1.PodRunning},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := view{pod: &corev1.Pod{Spec: corev1.PodSpec{RestartPolicy: c.policy}}, ended: c.ended, init: c.init, main: c.main}
			if got := v.phase(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	yes := func(of corev1.PodConditionType) corev1.PodCondition {
		return corev1.PodCondition{Type: of, Status: corev1.ConditionTrue}
	}
	no := func(of corev1.PodConditionType, reason, message string) corev1.PodCondition {
		return corev1.PodCondition{Type: of, Status: corev1.ConditionFalse, Reason: reason, Message: message}
	}
	const lacking = "ContainersNotReady"
	for name, c := range map[string]struct {
		init, main containers
		phase      corev1.PodPhase
		want       []corev1.PodCondition
	}{
		"name the containers that are not ready": {
			containers{{Name: "init"}},
			containers{waiting(), ready(), running()},
			corev1.PodPending,
			[]corev1.PodCondition{
				yes(corev1.PodScheduled),
				no(corev1.PodInitialized, "ContainersNotInitialized", "containers with incomplete status: [init]"),
				no(corev1.ContainersReady, lacking, "containers with unready status: [waits runs]"),
				no(corev1.PodReady, lacking, "containers with unready status: [waits runs]"),
			},
		},
		"are true one and all when it is ready": {
			nil,
			containers{ready()},
			corev1.PodRunning,
			[]corev1.PodCondition{yes(corev1.PodScheduled), yes(corev1.PodInitialized), yes(corev1.ContainersReady), yes(corev1.PodReady)},
		},
		"say that it has done its work": {
			nil,
			containers{exited(0)},
			corev1.PodSucceeded,
			[]corev1.PodCondition{
				yes(corev1.PodScheduled),
				{Type: corev1.PodInitialized, Status: corev1.ConditionTrue, Reason: "PodCompleted"},
				no(corev1.ContainersReady, "PodCompleted", ""),
				no(corev1.PodReady, "PodCompleted", ""),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := view{init: c.init, main: c.main}.conditions(c.phase)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestStatusKeepsWhatStays(t *testing.T) {
	t.Parallel()
	first := metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	later := metav1.NewTime(first.Add(time.Minute))
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Generation: 3}}
	foreign := corev1.PodCondition{Type: "example.com/gate", Status: corev1.ConditionTrue, LastTransitionTime: first}

	before := view{pod: pod, began: first, main: containers{running()}}.
		status(corev1.PodStatus{Conditions: []corev1.PodCondition{foreign}, QOSClass: corev1.PodQOSBurstable}, first)
	after := view{pod: pod, began: first, address: "127.10.1.2", main: containers{ready()}}.status(before, later)

	times := map[corev1.PodConditionType]metav1.Time{}
	for _, c := range after.Conditions {
		times[c.Type] = c.LastTransitionTime
		if c.Type != foreign.Type && c.ObservedGeneration != 3 {
			t.Errorf("%s is about generation %d", c.Type, c.ObservedGeneration)
		}
	}
	want := map[corev1.PodConditionType]metav1.Time{
		foreign.Type: first, corev1.PodScheduled: first, corev1.PodInitialized: first,
		corev1.ContainersReady: later, corev1.PodReady: later,
	}
	if diff := cmp.Diff(want, times); diff != "" {
		t.Errorf("times of transition (-want +got)\n%s", diff)
	}
	if after.QOSClass != corev1.PodQOSBurstable {
		t.Error("what the API server wrote is gone")
	}
	if before.PodIP != "" || after.PodIP != "127.10.1.2" || len(after.PodIPs) != 1 || after.HostIP != nodeAddress {
		t.Errorf("addresses %q, then %q %v on %q", before.PodIP, after.PodIP, after.PodIPs, after.HostIP)
	}
	if diff := cmp.Diff(after, view{pod: pod, began: first, address: "127.10.1.2", main: containers{ready()}}.status(after, metav1.Now())); diff != "" {
		t.Errorf("an equal view gives another status\n%s", diff)
	}
}

func TestRestartDelay(t *testing.T) {
	t.Parallel()
	for crashes, want := range []int{0, 1, 2, 4, 8, 10, 10, 10} {
		if got := restartDelay(crashes).Seconds(); got != float64(want) {
			t.Errorf("after %d crashes: got %gs, want %ds", crashes, got, want)
		}
	}
	if got := restartDelay(1 << 30); got != maximumDelay {
		t.Errorf("got %s", got)
	}
}
