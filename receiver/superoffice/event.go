// SPDX-License-Identifier: Apache-2.0

package superoffice

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// The names of the events that SuperOffice sends for activities
// (https://docs.superoffice.com/en/automation/webhook/reference/activity-events.html), and that of a test event.
const (
	ActivityCreated = "activity.created"
	ActivityChanged = "activity.changed"
	ActivityDeleted = "activity.deleted"
	Test            = "test"
)

// ActivityEvents returns the names of all events of activities.
func ActivityEvents() []string { return []string{ActivityCreated, ActivityChanged, ActivityDeleted} }

// Event is one event, as the body of a delivery tells it
// (https://docs.superoffice.com/en/automation/webhook/dev/notification.html).
type Event struct {
	// ID is the GUID of the event ("EventId"). The samples show one id under two different events, so it identifies
	// an event only together with Name. It is absent from one documented sample.
	ID string
	// Timestamp is when the event occurred, in UTC. Zero when absent or not a date.
	Timestamp time.Time
	// Changes are the database columns that changed, in no order; names only. Empty for deletes.
	Changes []string
	// Name of the event ("Event"), like "activity.created". Never empty.
	Name string
	// PrimaryKey is the id of the row, unique within tenant and entity; 0 for test events.
	PrimaryKey int64
	// Entity is the kind of the row, like "activity". Absent for events about webhooks themselves.
	Entity string
	// ContextIdentifier is the tenant: "Cust12345" in SuperOffice Online, "Default" on site.
	ContextIdentifier string
	// ChangedByAssociateID is the associate (user) who caused the event.
	ChangedByAssociateID int64
	// WebhookName is the name of the webhook's definition.
	WebhookName string
	// Values are ids kept from a deleted row, by column; deleted events only.
	Values map[string]json.RawMessage
	// FieldValues are non-sensitive values of the row by column, since SuperOffice 11.1: numbers, booleans and dates,
	// for extra tables encoded strings. See Activity for the typed form.
	FieldValues map[string]json.RawMessage
	// Extra are all other keys of the body, as sent: a webhook definition can add properties of its own.
	Extra map[string]json.RawMessage
	// Raw is the body, byte for byte. It is the slice that was given to Parse.
	Raw []byte

	timestamp string // as sent, for DedupKey
}

// IsTest tells whether this is a test event, sent when a webhook is saved or tested in SuperOffice
// (https://docs.superoffice.com/en/automation/webhook/reference/test-event.html).
func (e *Event) IsTest() bool { return e.Name == Test }

// DedupKey identifies an event across the attempts to deliver it.
type DedupKey string

// String returns the key.
func (k DedupKey) String() string { return string(k) }

// DedupKey returns "EventId/Event", or without an EventId "tenant/event/primary key/timestamp as sent". An event that has
// neither is told from others by its body's SHA-256 in place of the timestamp, so that no two are taken for one.
func (e *Event) DedupKey() DedupKey {
	if e.ID != "" {
		return DedupKey(e.ID + "/" + e.Name)
	}
	when := e.timestamp
	if when == "" {
		when = fmt.Sprintf("sha256:%x", sha256.Sum256(e.Raw))
	}
	return DedupKey(fmt.Sprintf("%s/%s/%d/%s", e.ContextIdentifier, e.Name, e.PrimaryKey, when))
}

// RecordKey identifies the row that an event is about, across tenants.
type RecordKey struct {
	Tenant     string
	Entity     string
	PrimaryKey int64
}

// RecordKey returns the row that the event is about.
func (e *Event) RecordKey() RecordKey {
	return RecordKey{Tenant: e.ContextIdentifier, Entity: e.Entity, PrimaryKey: e.PrimaryKey}
}

// String returns "tenant/entity/primary key".
func (k RecordKey) String() string {
	return k.Tenant + "/" + k.Entity + "/" + strconv.FormatInt(k.PrimaryKey, 10)
}
