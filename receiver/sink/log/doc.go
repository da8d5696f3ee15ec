// SPDX-License-Identifier: Apache-2.0

// Package log writes each event as one line of JSON to a writer, which is the standard output in production: to try
// things out, and to keep an audit trail with whatever collects the logs of pods.
//
// # Lines
//
// A line holds what identifies the event, and what it says:
//
//	{"time":"2025-05-14T14:04:09.1213772Z","event":"activity.created","id":"3f2c…/activity.created","tenant":"Cust12345",
//	 "record":"Cust12345/activity/1204","changedBy":5,"changes":["appointment_id"],"fieldValues":{"type":4,"private":0}}
//
// (without the break). "time" is when the event occurred, in UTC; "id" is the deduplication key, the same for each attempt;
// "values" stands beside "fieldValues" where an event has it; "webhook" comes first where several webhooks write. What an event does not have is left out. With Options.Body
// the line ends with the whole body as the JSON value "body": the same value, not the same bytes. Other formats than this
// there are none; headers are not written.
//
// # Redaction
//
// Options.Redact names keys of FieldValues, of Values, and of what a webhook's definition adds to the body. Their values
// become "[redacted]", in the line's own fields as in the body, whatever the case in which the key is written; "*" stands
// for all of them. Names of columns, as in "changes", and what identifies the event are never redacted.
//
// # Outcomes
//
// An event is delivered when the writer took its line. A write that fails may pass. Lines are whole, however many are
// written at a time; what a failed write left behind is closed by a line end, so it spoils no other line. A writer that
// blocks holds Send up: a write to a file or a pipe cannot be called back.
package log
