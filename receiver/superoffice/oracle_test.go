// SPDX-License-Identifier: Apache-2.0

package superoffice_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// asEncodingJSON reads a body with encoding/json. It returns nil for what is no event.
func asEncodingJSON(body []byte) *superoffice.Event {
	var keys map[string]json.RawMessage
	if json.Unmarshal(body, &keys) != nil || keys == nil {
		return nil
	}
	e := &superoffice.Event{Raw: body}
	var timestamp string
	for key, into := range map[string]any{
		"EventId": &e.ID, "Timestamp": &timestamp, "Changes": &e.Changes, "Event": &e.Name, "PrimaryKey": &e.PrimaryKey,
		"Entity": &e.Entity, "ContextIdentifier": &e.ContextIdentifier, "ChangedByAssociateId": &e.ChangedByAssociateID,
		"WebhookName": &e.WebhookName, "Values": &e.Values, "FieldValues": &e.FieldValues,
	} {
		if value, ok := keys[key]; ok && json.Unmarshal(value, into) != nil {
			return nil
		}
		delete(keys, key)
	}
	if e.Name == "" || strings.ContainsFunc(e.ID+timestamp+e.Name+e.Entity+e.ContextIdentifier, unicode.IsControl) {
		return nil
	}
	e.Extra = keys
	return e
}

// agrees compares what Parse found, nil for no event, with what encoding/json finds.
func agrees(t *testing.T, body []byte, got *superoffice.Event) {
	t.Helper()
	want := asEncodingJSON(body)
	options := cmp.Options{
		cmpopts.IgnoreUnexported(superoffice.Event{}), cmpopts.IgnoreFields(superoffice.Event{}, "Timestamp"), cmpopts.EquateEmpty(),
	}
	if diff := cmp.Diff(want, got, options); diff != "" {
		t.Fatalf("%q: -encoding/json +Parse\n%s", body, diff)
	}
}

// identifies compares what Identify finds with what Parse found.
func identifies(t *testing.T, body []byte, parsed *superoffice.Event, refused error) {
	t.Helper()
	got, err := superoffice.Identify(body)
	if fmt.Sprint(err) != fmt.Sprint(refused) {
		t.Fatalf("%q: Identify says %v, Parse %v", body, err, refused)
	}
	if parsed == nil {
		return
	}
	want := *parsed
	want.Changes, want.Values, want.FieldValues, want.Extra = nil, nil, nil, nil
	if diff := cmp.Diff(&want, got, cmpopts.IgnoreUnexported(superoffice.Event{})); diff != "" {
		t.Fatalf("%q: -Parse +Identify\n%s", body, diff)
	}
	if got.DedupKey() != parsed.DedupKey() {
		t.Fatalf("%q: the keys are %q and %q", body, got.DedupKey(), parsed.DedupKey())
	}
}
