// SPDX-License-Identifier: Apache-2.0

// Package observe finds out how the receivers of one resource fare.
//
// In go the Deployment, the pods and what each receiver answers at /status; out come the state of the rollout, the
// figures for the resource's status and what its conditions are made of. Asking is the one thing here that touches the
// network: all receivers at once, briefly, without following redirects or proxies, reading a bounded answer. Summing up
// is pure. A receiver that does not answer is counted as silent, never guessed at.
package observe
