// SPDX-License-Identifier: Apache-2.0

// Package resource finds what is behind the name of a SuperOfficeWebhook: the path it accepts events on, its shared
// secret and its receiver pods; and it tunnels to these through the API server, as kubectl port-forward does.
//
// It needs no more rights than get on the resource and its Secret, list on pods and create on pods/portforward, and
// changes nothing.
package resource
