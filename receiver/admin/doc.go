// SPDX-License-Identifier: Apache-2.0

// Package admin is the HTTP handler for those who run a receiver, on a port of its own. It asks nobody who they are, so
// the port must not be reachable from outside.
//
//	GET    /status                     the document of package status, as JSON
//	GET    /metrics                    Prometheus metrics
//	GET    /healthz                    200, or 503 when only a restart can help
//	GET    /readyz                     200, or 503 with the reason why events are not accepted right now
//	POST   /secret-check               a question of package secretcheck: are these the values of the shared Secret in force?
//	GET    /events                     ?bodies=true: what happens from now on, line by line, as long as the request lasts
//	GET    /dead-letters               ?SELECTION&after=ID&limit=N (100): a list without bodies, oldest first
//	GET    /dead-letters/{id}          one, with its headers and body
//	POST   /dead-letters/{id}/replay   sends it to its sink again
//	POST   /dead-letters/replay        ?SELECTION&dryRun=true&rate=N: the same for all that are selected, N a second
//	DELETE /dead-letters/{id}          forgets it
//	DELETE /dead-letters               ?SELECTION&dryRun=true: the same for all that are selected
//
// A process that receives many webhooks has the probes and the metrics at these paths, and everything else for each webhook
// below its path at intake: GET /hooks/sales/crm/status. Of one that is not received there is a status, which says why; all
// else is answered 503.
//
// What happens is told as documents of package feed, one a line, with an empty line now and then; who reads too slowly is
// dropped, and told so in the last one.
//
// A selection is any of sink (a name, or "-" for what was for none), event, eventId, since and until (when it died: a time
// of RFC 3339 or how long ago), and id, which may be repeated. All of them have to be met. Replay and purge refuse to do
// without one unless told all=true. A dry run changes nothing and tells which ones it would be about.
//
// A replay lasts as long as its request and ends with it. What it has not come to yet is still a dead letter then; what it
// has come to is none any more. It goes by what was there when it began.
//
// The documents are those of package deadletter. What goes wrong is told as {"error": "…"}, with how many
// were replayed or purged before if any were ("done"): 400 for parameters, 404 for a
// dead letter that does not exist, 409 for one that cannot be replayed, because its sink is configured no more or because
// it holds no event, and 503 while the queue is full. Probes answer with text.
package admin
