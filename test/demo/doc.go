// SPDX-License-Identifier: Apache-2.0

// The demo tells the main job end to end, as a person would do it: a Kubernetes API server starts, the operator is
// installed, a SuperOfficeWebhook is applied, signed events are posted, a sink receives them, and the status says so.
//
// Everything in it is real but SuperOffice, whose part `kubectl superoffice send` plays: it posts the bodies of
// SuperOffice's documentation, signed as SuperOffice signs them. Pods run as processes of this machine (see test/cluster).
//
// It exits with 0 only if every step held. With -keep it stays up until it is interrupted.
package main
