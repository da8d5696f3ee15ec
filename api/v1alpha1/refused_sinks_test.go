// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// refusedSinks are wrong in what all kinds of sinks have.
var refusedSinks = []refusal{
	{"no sinks", set{"spec.sinks", "[]"}, "spec.sinks in body should have at least 1 items"},
	{"too many sinks", set{"spec.sinks", list(17, "{name: s%d, http: {url: https://erp.example.com}}")}, "spec.sinks: Too many: 17: must have at most 16 items"},
	{"two sinks of one name", set{"spec.sinks", list(2, "{name: erp, http: {url: https://erp.example.com/%d}}")}, `spec.sinks[1]: Duplicate value: {"name":"erp"}`},
	{"a sink without a name", set{"spec.sinks", "[{http: {url: https://erp.example.com}}]"}, "spec.sinks[0].name: Required value"},
	{"a sink with an empty name", set{"spec.sinks[0].name", "''"}, "spec.sinks[0].name in body should be at least 1 chars long"},
	{"a sink with a bad name", set{"spec.sinks[0].name", "ERP"}, "spec.sinks[0].name in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'"},
	{"a sink with a name that is too long", set{"spec.sinks[0].name", text(64)}, "spec.sinks[0].name: Too long: may not be more than 63 bytes"},
	{"a sink that is null", set{"spec.sinks", "[null]"}, "spec.sinks[0] in body must be of type object"},
	{"a sink of no kind", set{"spec.sinks[0]", "{name: erp}"}, "spec.sinks[0]: Invalid value: exactly one kind of sink must be set: http, kafka, nats, rabbitMQ, redis or log"},
	{"a sink of a kind that is null", set{"spec.sinks[0].http", "null"}, "spec.sinks[0]: Invalid value: exactly one kind of sink must be set: http, kafka"},
	{"a sink of two kinds", set{"spec.sinks[0].log", "{}"}, "spec.sinks[0]: Invalid value: exactly one kind of sink must be set: http, kafka, nats, rabbitMQ, redis or log"},
	{"a sink of all kinds but one", allKindsBut("http"), "spec.sinks[0]: Invalid value: exactly one kind of sink must be set: http, kafka, nats, rabbitMQ, redis or log"},
	{"a sink of a kind that is spelt otherwise", set{"spec.sinks[0].rabbitmq", "{}"}, `unknown field "spec.sinks[0].rabbitmq"`},
	{"a sink that wants no event", set{"spec.sinks[0].events", "[]"}, "spec.sinks[0].events in body should have at least 1 items"},
	{"a sink that wants an event twice", set{"spec.sinks[0].events", "[activity.created, activity.created]"}, `spec.sinks[0].events[1]: Duplicate value: "activity.created"`},
	{"a sink that wants too many events", set{"spec.sinks[0].events", list(4, "e%d")}, "spec.sinks[0].events: Too many: 4: must have at most 3 items"},
	{"a sink that wants an unknown event", set{"spec.sinks[0].events", "[sale.sold]"}, `spec.sinks[0].events[0]: Unsupported value: "sale.sold"`},
	{"a sink that wants an event that is not accepted", set{"spec", `{secret: {name: s}, events: [activity.created], sinks: [{name: erp, events: [activity.deleted], http: {url: https://erp.example.com}}]}`}, "spec.sinks[].events: each must also be in spec.events, else the receiver would never accept it"},
	{"an unknown format", set{"spec.sinks[0].format", "JSON"}, `spec.sinks[0].format: Unsupported value: "JSON": supported values: "Raw", "CloudEventsBinary", "CloudEventsStructured"`},

	{"an empty filter", set{"spec.sinks[0].filter", "''"}, "spec.sinks[0].filter in body should be at least 1 chars long"},
	{"a filter that is too long", set{"spec.sinks[0].filter", text(2049)}, "spec.sinks[0].filter: Too long: may not be more than 2048 bytes"},
	{"a filter that is a value", set{"spec.sinks[0].filter", "true"}, `spec.sinks[0].filter in body must be of type string: "boolean"`},

	{"no attempt at a time", set{"spec.sinks[0].delivery.concurrency", "0"}, "spec.sinks[0].delivery.concurrency in body should be greater than or equal to 1"},
	{"too many attempts at a time", set{"spec.sinks[0].delivery.concurrency", "257"}, "spec.sinks[0].delivery.concurrency in body should be less than or equal to 256"},
	{"retries for days in words", set{"spec.sinks[0].delivery.retry.maxAge", "3 days"}, `spec.sinks[0].delivery.retry.maxAge: Invalid value: "3 days": must be a duration between 1s and 8760h, like 30m or 72h`},
	{"retries for no time", set{"spec.sinks[0].delivery.retry.maxAge", "0s"}, `"0s": must be a duration between 1s and 8760h`},
	{"retries for longer than events are kept", set{"spec.sinks[0].delivery.retry.maxAge", "169h"}, "spec.sinks[].delivery.retry.maxAge (72h where it is not given): at most spec.queue.retention.maxAge, so that an event is dead-lettered before the queue lets go of it"},
	{"events kept for less than the retries of all sinks", set{"spec.queue.retention.maxAge", "24h"}, "spec.sinks[].delivery.retry.maxAge (72h where it is not given): at most spec.queue.retention.maxAge"},
	{"a first pause in words", backoff("{initial: a second}"), `spec.sinks[0].delivery.retry.backoff.initial: Invalid value: "a second": must be a duration between 10ms and 1h, like 500ms or 1s`},
	{"a first pause that is too short", backoff("{initial: 1ms}"), `"1ms": must be a duration between 10ms and 1h`},
	{"a longest pause in days", backoff("{max: 1d}"), `spec.sinks[0].delivery.retry.backoff.max: Invalid value: "1d": must be a duration between 10ms and 24h, like 10m or 1h30m`},
	{"a longest pause that is too long", backoff("{max: 25h}"), `"25h": must be a duration between 10ms and 24h`},
	{"a first pause longer than the longest", backoff("{initial: 20m}"), "spec.sinks[0].delivery.retry.backoff: Invalid value: initial must not be longer than max, which is 10m where it is not given"},
	{"an unknown order", set{"spec.sinks[0].delivery.order", "FIFO"}, `spec.sinks[0].delivery.order: Unsupported value: "FIFO": supported values: "None", "PerRecord"`},
	{"an order over several queues", set{"spec.sinks[0].delivery.order", "PerRecord"}, "spec.sinks[].delivery.order: PerRecord needs one queue that outlives its pod: set spec.queue.embedded.persistentVolumeClaim"},
	{"an order over a queue that is not said", set{"spec", "{secret: {name: s}, sinks: [{name: erp, log: {}, delivery: {order: PerRecord}}], queue: {retention: {maxAge: 168h}}}"}, "spec.sinks[].delivery.order: PerRecord needs one queue that outlives its pod"},
	{"a limit of attempts without a number", set{"spec.sinks[0].delivery.rateLimit", "{}"}, "spec.sinks[0].delivery.rateLimit.perSecond: Required value"},
	{"no attempt in a second", set{"spec.sinks[0].delivery.rateLimit.perSecond", "0"}, "spec.sinks[0].delivery.rateLimit.perSecond in body should be greater than or equal to 1"},
	{"half an attempt in a second", set{"spec.sinks[0].delivery.rateLimit.perSecond", "0.5"}, `spec.sinks[0].delivery.rateLimit.perSecond in body must be of type int32: "float64"`},
	{"too many attempts in a second", set{"spec.sinks[0].delivery.rateLimit.perSecond", "100001"}, "spec.sinks[0].delivery.rateLimit.perSecond in body should be less than or equal to 100000"},
	{"no attempt at all", set{"spec.sinks[0].delivery.retry.maxAttempts", "0"}, "spec.sinks[0].delivery.retry.maxAttempts in body should be greater than or equal to 1"},
	{"too many attempts", set{"spec.sinks[0].delivery.retry.maxAttempts", "100001"}, "spec.sinks[0].delivery.retry.maxAttempts in body should be less than or equal to 100000"},
}

func backoff(value string) set { return set{"spec.sinks[0].delivery.retry.backoff", value} }
