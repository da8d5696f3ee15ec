// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"runtime"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// nodeAddress is where the API server finds the node.
const nodeAddress = "127.0.0.1"

// capacity is what the node claims to have. Nothing is measured or enforced: it is there for those who divide by it.
func capacity() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewQuantity(int64(runtime.NumCPU()), resource.DecimalSI),
		corev1.ResourceMemory:           resource.MustParse("16Gi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("64Gi"),
		corev1.ResourcePods:             resource.MustParse("250"),
	}
}

// register creates the Node and makes it ready. Its heartbeat is this process: there is no one to watch over it.
func (a *Agent) register(ctx context.Context) error {
	version, err := a.client.Discovery().ServerVersion()
	if err != nil {
		return fmt.Errorf("ask for the version: %w", err)
	}
	nodes := a.client.CoreV1().Nodes()
	node, err := nodes.Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{
		Name: a.options.NodeName,
		Labels: map[string]string{
			corev1.LabelHostname:   a.options.NodeName,
			corev1.LabelOSStable:   runtime.GOOS,
			corev1.LabelArchStable: runtime.GOARCH,
		},
	}}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create node: %w", err)
	}
	node.ResourceVersion = "" // controllers have begun to write the node, too; its status is this agent's alone
	node.Status = a.nodeStatus(version.GitVersion)
	if _, err := nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("report node: %w", err)
	}
	// Admission taints each new node as not ready; the controller that would take it off is not running.
	untaint := []byte(`{"spec":{"taints":null}}`)
	if _, err := nodes.Patch(ctx, node.Name, types.MergePatchType, untaint, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("take taints off node: %w", err)
	}
	return nil
}

func (a *Agent) nodeStatus(version string) corev1.NodeStatus {
	now := metav1.Now()
	return corev1.NodeStatus{
		Capacity:    capacity(),
		Allocatable: capacity(),
		Conditions: []corev1.NodeCondition{{
			Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "AgentReady", Message: "pods run as local processes",
			LastHeartbeatTime: now, LastTransitionTime: now,
		}},
		Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: nodeAddress},
			{Type: corev1.NodeHostName, Address: a.options.NodeName},
		},
		DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: a.server.Port()}},
		NodeInfo: corev1.NodeSystemInfo{
			KubeletVersion:          version,
			OperatingSystem:         runtime.GOOS,
			Architecture:            runtime.GOARCH,
			OSImage:                 "local processes",
			ContainerRuntimeVersion: "process://" + runtime.Version(),
		},
	}
}
