// SPDX-License-Identifier: Apache-2.0

// Package kafka writes events to a topic of a Kafka cluster, each as one record, and waits until all replicas in sync have it.
//
// # What a user does
//
// The topic is the user's: the sink creates none. Without it every attempt fails, and says so.
//
//	kafka-topics.sh --create --topic superoffice-events --partitions 6 --replication-factor 3 --config min.insync.replicas=2
//
//	s, err := kafka.New(kafka.Options{
//		Brokers: []string{"kafka-0.kafka.messaging:9092", "kafka-1.kafka.messaging:9092"},
//		Topic:   "superoffice-events",
//		Format:  config.CloudEventsBinary,
//	})
//
// A consumer then gets, of an activity.created event,
//
//	key:     Cust12345/activity/4039840
//	headers: Idempotency-Key: 6aa6de53-f5c3-4dc6-af3e-746df45573b8/activity.created
//	         content-type: application/json
//	         ce_id: 6aa6de53-f5c3-4dc6-af3e-746df45573b8/activity.created
//	         ce_partitionkey: Cust12345/activity/4039840
//	         ce_source: /superoffice/Cust12345
//	         ce_specversion: 1.0
//	         ce_subject: activity/4039840
//	         ce_time: 2018-04-24T08:13:17.8445662Z
//	         ce_type: com.superoffice.activity.created
//
// with SuperOffice's body, byte for byte. The key is the row that the event is about. So all events of a row are in one
// partition, the one that Kafka's own clients would choose for the key. The record's time is that of the attempt. Records
// are not compressed, unless the topic is configured so.
//
// A user that the sink logs in as needs the permissions Write and Describe on the topic and, before Kafka 2.8,
// IdempotentWrite on the cluster.
//
// # Formats
//
// Raw is the body byte for byte with the headers of the original request, spelt as Go does (X-Superoffice-Signature), one
// header for each value. CloudEventsBinary and CloudEventsStructured follow the Kafka binding of CloudEvents
// (https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md).
//
// # Repetitions
//
// The header Idempotency-Key is the deduplication key, the same for each attempt at an event and in all formats.
//
// Within one attempt, the producer is idempotent: what the client library sends again, because an answer was lost or a
// leader moved, is stored once. Attempts know nothing of each other. When an attempt is over, its record is taken back and
// never sent from then on. But one that was sent already, and whose answer did not come in time, may have been stored or be
// stored yet; the next attempt then stores it a second time. A record that stands behind another one of its partition is
// taken back together with that one, so it can be sent for as long as the other's attempt lasts.
//
// # Answers
//
// An event is delivered when all replicas in sync have it; how many these are at least, the topic's min.insync.replicas
// says. It is dead when the topic refuses it, sent alone, as too large (max.message.bytes) or invalid. A batch with other
// events that is refused says nothing and is sent again, one event at a time. Everything else may pass: there is no topic
// yet, credentials are refused, a permission is missing, replicas are missing, nobody answers.
//
// Connections are made by the first attempt, and closed when idle. Where no broker can be reached, the client tries about
// once a second.
//
// # Tests
//
// The tests of this package run against kfake, the client library's own fake cluster: it speaks Kafka's protocol over TCP
// within the test's process, but is not Kafka. What only a real cluster does, like electing leaders and replicating, is not
// tested; that it answers so is injected.
package kafka
