// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
)

// Receivers picks the pods that can be asked, at a port and below a path, in the order of their names: those that run and are
// not being deleted. Pods that are not ready are asked too, because they know why.
func Receivers(pods []core.Pod, port int, path string) []Receiver {
	var receivers []Receiver
	for i := range pods {
		p := &pods[i]
		if p.DeletionTimestamp != nil || p.Status.Phase != core.PodRunning || p.Status.PodIP == "" {
			continue
		}
		receivers = append(receivers, Receiver{Pod: p.Name, IP: p.Status.PodIP, Port: port, Path: path, Ready: IsReady(p)})
	}
	slices.SortFunc(receivers, func(a, b Receiver) int { return strings.Compare(a.Pod, b.Pod) })
	return receivers
}

// IsReady tells whether a pod takes requests.
func IsReady(p *core.Pod) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c core.PodCondition) bool {
		return c.Type == core.PodReady && c.Status == core.ConditionTrue
	})
}

// Trouble says what keeps the first of the pods that are not ready from it, in one sentence; empty where Kubernetes
// reports nothing but the usual steps of a start.
func Trouble(pods []core.Pod) string {
	var found []string
	for i := range pods {
		p := &pods[i]
		if reason := troubleOf(p); reason != "" && p.DeletionTimestamp == nil {
			found = append(found, fmt.Sprintf("pod %s: %s", p.Name, reason))
		}
	}
	if len(found) == 0 {
		return ""
	}
	return slices.Min(found)
}

func troubleOf(p *core.Pod) string {
	for _, c := range p.Status.Conditions {
		if c.Type == core.PodScheduled && c.Status == core.ConditionFalse {
			return c.Reason
		}
	}
	for _, c := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		if w := c.State.Waiting; w != nil && w.Reason != "ContainerCreating" && w.Reason != "PodInitializing" {
			return after(w.Reason, endOf(c.LastTerminationState.Terminated))
		}
	}
	for _, c := range p.Status.ContainerStatuses {
		if end := endOf(c.LastTerminationState.Terminated); end != "" && !c.Ready {
			return after("restarted", end)
		}
	}
	return ""
}
