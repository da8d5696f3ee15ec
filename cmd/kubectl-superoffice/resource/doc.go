// SPDX-License-Identifier: Apache-2.0

// Package resource finds what is behind the name of a SuperOfficeWebhook: the path it accepts events on, its shared
// secret and a ready receiver pod; and it tunnels to that pod through the API server, as kubectl port-forward does.
//
// It needs no more rights than get on the resource and its Secret, list on pods and create on pods/portforward, and
// changes nothing.
package resource
