// SPDX-License-Identifier: Apache-2.0

// Package server answers the API server in kubelet's place, for kubectl logs and kubectl port-forward.
//
// It serves TLS on a port of 127.0.0.1 and answers nobody but the holder of the API server's client certificate.
// Logs come from files, forwarded connections go to the pod's own address; kubectl exec and attach are refused with
// a message, since a container is a process on this machine.
package server
