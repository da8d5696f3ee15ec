// SPDX-License-Identifier: Apache-2.0

// Package nats publishes events to NATS JetStream, each as one message, and waits until a stream has stored it.
//
// # What a user does
//
// The stream is the user's: the sink creates none. Without one for the subject every attempt fails, and says so.
//
//	nats stream add CRM --subjects 'superoffice.>' --storage file --dupe-window 2h
//
//	s, err := nats.New(nats.Options{
//		URLs:    []string{"nats://nats.messaging:4222"},
//		Subject: "superoffice.{event}",
//		Format:  config.CloudEventsBinary,
//	})
//
// A consumer that is bound to "superoffice.activity.>" then gets, of an activity.created event,
//
//	Subject: superoffice.activity.created
//	Nats-Msg-Id: 6aa6de53-f5c3-4dc6-af3e-746df45573b8/activity.created
//	content-type: application/json
//	ce-specversion: 1.0
//	ce-id: 6aa6de53-f5c3-4dc6-af3e-746df45573b8/activity.created
//	ce-type: com.superoffice.activity.created
//	ce-source: /superoffice/Cust12345
//	ce-subject: activity/4039840
//	ce-time: 2018-04-24T08:13:17.8445662Z
//	ce-datacontenttype: application/json
//	ce-partitionkey: Cust12345/activity/4039840
//
// with SuperOffice's body, byte for byte. The user that the sink connects as needs the permission to publish to the
// subjects, and to subscribe to "_INBOX.>", where acknowledgements arrive.
//
// # Subjects
//
// A subject can hold {event}, {tenant} and {entity}. What the event has in their place comes from the body, so it is made
// safe: letters and digits of ASCII, "-" and "_" stay, every other character becomes "_", nothing at all becomes "_", and
// what is longer than 128 characters is cut. Different names can so end up on one subject. The dots of {event} stay, since
// they part what NATS calls tokens: "activity.created" is two. {tenant} and {entity} are one token each, always.
//
// # Formats
//
// Raw is the body byte for byte with the headers of the original request, spelt as Go does (X-Superoffice-Signature), save
// those whose names begin with "Nats-": these are orders to the server, and only the body of a request is signed.
// CloudEventsBinary and CloudEventsStructured follow the NATS binding of CloudEvents
// (https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/nats-protocol-binding.md); the binary form has
// "content-type" beside "ce-datacontenttype", as CloudEvents' SDKs for NATS expect.
//
// # Repetitions
//
// Nats-Msg-Id is the deduplication key, the same for each attempt at an event. A stream stores a repetition once within its
// duplicate window, which is two minutes unless it is set (--dupe-window); attempts can lie further apart.
//
// # Answers
//
// An event is delivered when a stream acknowledged it: a replicated one when a majority of its servers has it. It is dead
// when it is larger than the server (max_payload) or the stream (--max-msg-size) takes. Everything else may pass: there is
// no stream yet, the stream is full, credentials are refused, a permission is missing, nobody answers.
//
// A lost connection is made anew by the next attempt, never in the background, and one for all attempts that wait.
package nats
