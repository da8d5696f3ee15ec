// SPDX-License-Identifier: Apache-2.0

// Package agent is a Kubernetes node that runs pods as processes of the local machine.
//
// It does what a kubelet and a scheduler would: it registers a Node, takes every pod that has none, gives it volumes,
// environment and an address, runs its containers, probes, restarts and terminates them, reports its status, and
// serves kubectl logs and port-forward. In go Options, among them the program that stands for each image; out comes a
// cluster in which Deployments roll out.
//
// A container sees the machine's file system, so the paths of its volumes are replaced by the real directories in its
// arguments and the values of its environment. It starts in an empty directory of its own, with PATH, HOME, HOSTNAME,
// its variables, and two more:
//
//   - BIND_ADDRESS is the pod's address. Pods share one network, so programs must listen there and nowhere else.
//   - KUBECONFIG, where the pod has a token of its ServiceAccount, names a kubeconfig with that very token: the
//     in-cluster configuration is read from a fixed path, which does not exist here.
//
// What it promises is kubelet's behaviour in what controllers and programs can observe: volumes change in place, in
// one step; a running pod keeps its old content when an object disappears; conditions, reasons and exit codes are the
// usual ones; SIGTERM comes first and SIGKILL after the grace period; an emptyDir lives as long as the pod, and
// a claimed volume, which is a directory here, as long as its claim.
//
// What it never does: isolate. securityContext, resources, node selectors, taints, read-only mounts, host networking,
// DNS and image pulls are ignored. Volumes other than configMap, secret, projected, downwardAPI, emptyDir and
// persistentVolumeClaim, subPath, exec and gRPC probes, postStart and exec hooks and sidecar init containers are refused
// with an event and a reason. An address for each pod out of 127.0.0.0/8 needs Linux.
package agent
