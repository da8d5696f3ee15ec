// SPDX-License-Identifier: Apache-2.0

// Package ext stands in for a module inside Traefik's repository that is not published: extension points of its configuration,
// which are empty there, too.
package ext

// HTTP extends what is configured for HTTP.
type HTTP struct{}

// Router extends what is configured of a router.
type Router struct{}
