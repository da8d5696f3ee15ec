// SPDX-License-Identifier: Apache-2.0

// Package filter decides by an expression whether a sink gets an event.
//
// The language is CEL (https://cel.dev). The one variable is event, with the keys of SuperOffice's body under their own
// names: EventId, Timestamp, Changes, Event, PrimaryKey, Entity, ContextIdentifier, ChangedByAssociateId, WebhookName,
// Values, FieldValues, and Extra for all others. Values and FieldValues have no key for what the event does not say, so a
// careful expression asks for them with ".?" (https://github.com/google/cel-spec/wiki/proposal-246):
//
//	event.?FieldValues.?type.orValue(0) != 4 && event.ChangedByAssociateId != 37
//	"do_by" in event.Changes || event.Event == "activity.deleted"
//	event.Timestamp > timestamp("2026-01-01T00:00:00Z")
//
// In goes an expression, out comes a Filter or an error that shows the place of the mistake: syntax, names and types are
// checked before the first event. A filter is safe to use at the same time, sees nothing but its event, changes nothing,
// and is stopped when it costs too much, takes longer than a second or is to end.
package filter
