// SPDX-License-Identifier: Apache-2.0

// Package admin is the HTTP handler for those who run a receiver, on a port of its own. It asks nobody who they are, so
// the port must not be reachable from outside.
//
//	GET    /status                     the document of package status, as JSON
//	GET    /metrics                    Prometheus metrics
//	GET    /healthz                    200, or 503 when only a restart can help
//	GET    /readyz                     200, or 503 with the reason why events are not accepted right now
//	GET    /dead-letters               ?sink=NAME&after=ID&limit=N (100): a list without bodies, oldest first
//	GET    /dead-letters/{id}          one, with its headers and body
//	POST   /dead-letters/{id}/replay   sends it to its sink again
//	POST   /dead-letters/replay        ?sink=NAME: the same for all of a sink
//	DELETE /dead-letters/{id}          forgets it
//
// What goes wrong with dead letters is told as JSON documents {"error": "…"}: 404 for one that does not exist, 409 for one
// that cannot be replayed, because its sink is configured no more or because it holds no event. Probes answer with text.
package admin
