// SPDX-License-Identifier: Apache-2.0

// Package redis adds events to a Redis stream, each as one entry.
//
// # What a user does
//
//	s, err := redis.New(redis.Options{
//		Address: "redis.messaging:6379",
//		Stream:  "superoffice",
//		MaxLen:  1_000_000,
//		Format:  config.CloudEventsBinary,
//	})
//
// The first event makes the stream. A consumer that asks XREADGROUP for it then gets, of an activity.created event,
//
//	id            6aa6de53-f5c3-4dc6-af3e-746df45573b8/activity.created
//	event         activity.created
//	tenant        Cust12345
//	record        Cust12345/activity/4039840
//	content-type  application/json
//	body          {"EventId": "6aa6de53-f5c3-4dc6-af3e-746df45573b8", …
//	ce_id         6aa6de53-f5c3-4dc6-af3e-746df45573b8/activity.created
//	ce_type       com.superoffice.activity.created
//	…             ce_partitionkey, ce_source, ce_specversion, ce_subject, ce_time
//
// The user that the sink connects as needs little:
//
//	ACL SETUSER receiver on >PASSWORD ~superoffice resetchannels +xadd
//
// and +select where Options.Database is not 0. Clusters and Sentinel are not supported, except for what looks like one
// server from outside: a proxy or a Service that leads to the primary.
//
// # Fields
//
// The first six are there whatever the format. Raw adds a field header:<name> for each header of the original request,
// spelt as Go does (header:X-Superoffice-Signature), several values of one joined by ", ". CloudEventsBinary adds a field
// ce_<name> for each attribute of CloudEvents; datacontenttype is the content-type. With both the body is SuperOffice's,
// byte for byte. CloudEventsStructured adds no fields: its body is the CloudEvent, its content-type
// application/cloudevents+json.
//
// # Repetitions
//
// A stream does not recognise repetitions: an event whose acknowledgement was lost is added again. Consumers have to
// recognise it by the field id, which is the same for each attempt at an event. The entry's own id says when it was added.
//
// # Answers
//
// An event is delivered when the server answered XADD. What that is worth is decided by the server's configuration: with
// "appendonly yes" and "appendfsync always" the event is on its disk by then, with the default it is in its memory; and
// "min-replicas-to-write" refuses what no replica would get. MaxLen removes the oldest entries, whether they were read or
// not.
//
// Nearly every failure may pass, since an operator can mend it: the server is a replica or is loading, memory is used up,
// credentials are refused, a permission is missing, the key holds something else than a stream. An event is dead when the
// server says that it is larger than its proto-max-bulk-len, which is 512 MB unless it is set.
package redis
