// SPDX-License-Identifier: Apache-2.0

// Package suspend is "kubectl superoffice suspend" and "resume": they set spec.suspend. While it is true, events are
// accepted and stored, none is delivered, and the operator changes nothing.
//
// Where something else keeps the resource (Argo CD, Flux, Helm), it will put spec.suspend back. Who that is can be seen at
// the resource, and is told.
package suspend
