// SPDX-License-Identifier: Apache-2.0

// Package rabbitmq publishes events to an exchange of RabbitMQ, each as one message, and waits until the server confirms it.
// It speaks AMQP 0-9-1.
//
// # What a user does
//
// Exchanges, queues and bindings are the user's: the sink declares none. While one is missing every attempt fails, and says
// which.
//
//	rabbitmqadmin declare exchange name=superoffice type=topic durable=true
//	rabbitmqadmin declare queue name=erp durable=true queue_type=quorum
//	rabbitmqadmin declare binding source=superoffice destination=erp routing_key='activity.*'
//
//	s, err := rabbitmq.New(rabbitmq.Options{
//		Addresses: []string{"rabbitmq.messaging"},
//		Exchange:  "superoffice",
//		User:      "receiver",
//		Password:  password,
//		Format:    config.CloudEventsBinary,
//	})
//
// A consumer of the queue then gets, of an activity.created event,
//
//	exchange:      superoffice
//	routing key:   activity.created
//	content type:  application/json
//	delivery mode: 2 (persistent)
//	message id:    6aa6de53-f5c3-4dc6-af3e-746df45573b8/activity.created
//	type:          activity.created
//	timestamp:     2018-04-24T08:13:17Z
//	app id:        superoffice-webhook-receiver
//	headers:       cloudEvents_id: 6aa6de53-f5c3-4dc6-af3e-746df45573b8/activity.created
//	               cloudEvents_partitionkey: Cust12345/activity/4039840
//	               cloudEvents_source: /superoffice/Cust12345
//	               cloudEvents_specversion: 1.0
//	               cloudEvents_subject: activity/4039840
//	               cloudEvents_time: 2018-04-24T08:13:17.8445662Z
//	               cloudEvents_type: com.superoffice.activity.created
//
// with SuperOffice's body, byte for byte. The timestamp is when the event occurred, and absent when that is not known. The
// user that the sink logs in as needs the permission to write to the exchange, and none else.
//
// # Routing keys
//
// A routing key can hold {event}, {tenant} and {entity}. What the event has in their place comes from the body, so it is made
// safe: letters and digits of ASCII, "-" and "_" stay, every other character becomes "_", and nothing at all becomes "_".
// Different names can so end up on one routing key. The dots of {event} stay, since they part what topic exchanges call
// words: "activity.created" is two. {tenant} and {entity} are one word each, always.
//
// # Formats
//
// All three have the properties above. Raw is the body byte for byte with the headers of the original request as headers,
// spelt as Go does (X-Superoffice-Signature), several values of one joined by a comma; but not CC and BCC, which are orders
// to RabbitMQ to publish to other queues as well.
//
// CloudEventsBinary and CloudEventsStructured follow the AMQP binding of CloudEvents
// (https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/amqp-protocol-binding.md). It is written for AMQP 1.0,
// whose application properties are the headers of AMQP 0-9-1: RabbitMQ translates one into the other. Of the two prefixes
// that the binding knows, "cloudEvents_" is the one that it prefers; consumers have to know "cloudEvents:" as well. All
// values are strings.
//
// # Repetitions
//
// The message id is the deduplication key, the same for each attempt at an event. RabbitMQ itself does not look at it. A
// message whose confirmation did not come in time may be in the queues nevertheless, or get there later; the next attempt
// then publishes it a second time.
//
// # Answers
//
// An event is delivered when the server has confirmed it: durable queues have it on disk by then, quorum queues on a
// majority of their nodes. A message that no queue gets is returned by the server, and that is no delivery; where it is
// meant that an event leads nowhere, an alternate exchange takes it. An event is dead when the server refuses it as too
// large (max_message_size), or when its id, type, routing key or headers are larger than AMQP or the server's frame_max
// allows. Everything else may pass: the exchange or a queue is missing, a queue is full, credentials are refused, a
// permission is missing, nobody answers.
//
// A server that is short of memory or disk takes no messages. An attempt waits for it, publishes nothing meanwhile, and
// fails with the server's reason when its time is over. Only the first one, by which the server's alarm is learnt of, has
// published before.
//
// A lost connection is made anew by the next attempts, one for all of them, and once a second at most.
package rabbitmq
