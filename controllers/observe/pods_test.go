// SPDX-License-Identifier: Apache-2.0

package observe_test

import (
	"strings"
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

// ended has a container that ended like this before what it does now.
func ended(code int32, reason, message string) func(p *core.Pod) {
	return func(p *core.Pod) {
		p.Status.ContainerStatuses[0].LastTerminationState.Terminated = &core.ContainerStateTerminated{ExitCode: code, Reason: reason, Message: message}
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

// goodbye is the end of the log of a receiver that can't start.
const goodbye = `{"time":"2026-02-03T04:05:06Z","level":"WARN","msg":"about something else"}
{"time":"2026-02-03T04:05:07Z","level":"ERROR","msg":"the receiver ends","err":"configuration /etc/receiver/receiver.yaml: sinks[0]: wrong"}
`

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
		{
			"a pod says why it ended",
			[]core.Pod{pod("a", waiting("CrashLoopBackOff"), ended(1, "Error", goodbye))},
			"pod a: CrashLoopBackOff after: configuration /etc/receiver/receiver.yaml: sinks[0]: wrong",
		},
		{
			"one that was started again is not ready yet",
			[]core.Pod{pod("a", running, notReady, ended(1, "Error", goodbye))},
			"pod a: restarted after: configuration /etc/receiver/receiver.yaml: sinks[0]: wrong",
		},
		{
			"one that was killed says nothing",
			[]core.Pod{pod("a", waiting("CrashLoopBackOff"), ended(137, "OOMKilled", `{"level":"INFO","msg":"receiving"}`))},
			"pod a: CrashLoopBackOff after: OOMKilled",
		},
		{
			"one that does not say why",
			[]core.Pod{pod("a", waiting("CrashLoopBackOff"), ended(2, "Error", "the password is hunter2\n"))},
			"pod a: CrashLoopBackOff after: exit code 2",
		},
		{
			"one that panicked",
			[]core.Pod{pod("a", waiting("CrashLoopBackOff"), ended(2, "Error", "panic: runtime error: index out of range [3]\n\ngoroutine 1 [running]:\nmain.main()\n"))},
			"pod a: CrashLoopBackOff after: panic: runtime error: index out of range [3]",
		},
		{"one that ended in order", []core.Pod{pod("a", waiting("CrashLoopBackOff"), ended(0, "Completed", goodbye))}, "pod a: CrashLoopBackOff"},
		{
			"only the first line is told, without what can't be printed",
			[]core.Pod{pod("a", waiting("CrashLoopBackOff"), ended(1, "Error", `{"level":"ERROR","err":"\u001b[31mone\ntwo"}`))},
			"pod a: CrashLoopBackOff after: [31mone",
		},
		{
			"and not all of it where it is long",
			[]core.Pod{pod("a", waiting("CrashLoopBackOff"), ended(1, "Error", `{"level":"ERROR","err":"`+strings.Repeat("x", 900)+`"}`))},
			"pod a: CrashLoopBackOff after: " + strings.Repeat("x", 399) + "…",
		},
		{"a pod that goes has no trouble", []core.Pod{pod("a", waiting("CrashLoopBackOff"), deleted)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := observe.Trouble(c.pods); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
