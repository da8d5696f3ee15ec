// SPDX-License-Identifier: Apache-2.0

package observe_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/superoffice-webhook/operator/controllers/observe"
)

// pod is one that runs and is ready, changed.
func pod(name string, changes ...func(p *core.Pod)) core.Pod {
	p := core.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: core.PodStatus{
		Phase: core.PodRunning, PodIP: "10.0.0.1",
		Conditions: []core.PodCondition{
			{Type: core.PodScheduled, Status: core.ConditionTrue},
			{Type: core.PodReady, Status: core.ConditionTrue},
		},
	}}
	for _, change := range changes {
		change(&p)
	}
	return p
}

func notReady(p *core.Pod) { p.Status.Conditions[1].Status = core.ConditionFalse }

func deleted(p *core.Pod) { now := metav1.Now(); p.DeletionTimestamp = &now }

func pending(p *core.Pod) { notReady(p); p.Status.Phase, p.Status.PodIP = core.PodPending, "" }

func unschedulable(p *core.Pod) {
	pending(p)
	p.Status.Conditions[0] = core.PodCondition{Type: core.PodScheduled, Status: core.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are available"}
}

func waiting(reason string) func(p *core.Pod) {
	return func(p *core.Pod) {
		notReady(p)
		p.Status.ContainerStatuses = []core.ContainerStatus{{State: core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: reason}}}}
	}
}

func initWaiting(reason string) func(p *core.Pod) {
	return func(p *core.Pod) {
		p.Status.InitContainerStatuses = []core.ContainerStatus{{State: core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: reason}}}}
	}
}

func running(p *core.Pod) {
	p.Status.ContainerStatuses = []core.ContainerStatus{{State: core.ContainerState{Running: &core.ContainerStateRunning{}}}}
}

func TestReceivers(t *testing.T) {
	got := observe.Receivers([]core.Pod{
		pod("c", running),
		pod("b", notReady),
		pod("a-pending", pending),
		pod("a-deleted", deleted),
		pod("a-without-address", func(p *core.Pod) { p.Status.PodIP = "" }),
		pod("a-ended", func(p *core.Pod) { p.Status.Phase = core.PodFailed }),
		pod("a", func(p *core.Pod) { p.Status.PodIP = "fd00::1" }),
	}, 8081, "/hooks/sales/crm")
	want := []observe.Receiver{
		{Pod: "a", IP: "fd00::1", Port: 8081, Path: "/hooks/sales/crm", Ready: true},
		{Pod: "b", IP: "10.0.0.1", Port: 8081, Path: "/hooks/sales/crm"},
		{Pod: "c", IP: "10.0.0.1", Port: 8081, Path: "/hooks/sales/crm", Ready: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTrouble(t *testing.T) {
	for _, c := range []struct {
		name string
		pods []core.Pod
		want string
	}{
		{"there are no pods", nil, ""},
		{"all is well", []core.Pod{pod("a", running)}, ""},
		{"a pod is not ready, and nobody knows why", []core.Pod{pod("a", running, notReady)}, ""},
		{"a pod goes through its usual steps", []core.Pod{pod("a", waiting("ContainerCreating"))}, ""},
		{"a pod waits for what comes before", []core.Pod{pod("a", waiting("PodInitializing"))}, ""},
		{"what comes before fails", []core.Pod{pod("a", waiting("PodInitializing"), initWaiting("CrashLoopBackOff"))}, "pod a: CrashLoopBackOff"},
		{"a pod has no place", []core.Pod{pod("a", unschedulable)}, "pod a: Unschedulable"},
		{"an image is not there", []core.Pod{pod("a", running), pod("b", waiting("ImagePullBackOff"))}, "pod b: ImagePullBackOff"},
		{"the first by name is told, whatever the order", []core.Pod{pod("c", unschedulable), pod("b", waiting("CrashLoopBackOff"))}, "pod b: CrashLoopBackOff"},
		{"a pod that goes has no trouble", []core.Pod{pod("a", waiting("CrashLoopBackOff"), deleted)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := observe.Trouble(c.pods); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
