// SPDX-License-Identifier: Apache-2.0

package superoffice

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrNotEvent is in the chain of every error of Parse.
var ErrNotEvent = errors.New("the body is not a SuperOffice event")

// Parse reads an event from the body of a delivery.
//
// The body must be one JSON object in UTF-8 with a non-empty string "Event"; the other keys may be absent or null, stand
// in any order and be joined by unknown ones, which are kept. Keys are matched exactly; of a repeated key the last one
// counts.
//
// Refused are a known key whose value has the wrong type, control characters in EventId, Timestamp, Event, Entity and
// ContextIdentifier, because these go on into headers, subjects and logs, and anything behind the object. The error says
// what is wrong and where, and its chain holds ErrNotEvent.
//
// The values in the result are parts of the body, which must not be changed as long as they are used.
func Parse(body []byte) (*Event, error) {
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("%w: it is not UTF-8", ErrNotEvent)
	}
	if !json.Valid(body) || body[skipSpace(body, 0)] != '{' {
		return nil, fmt.Errorf("%w: %s", ErrNotEvent, jsonProblem(body))
	}
	e := &Event{Raw: body}
	r := reader{}
	members(body, func(key, value []byte) { r.take(e, unquote(key), value) })
	r.identity("EventId", &e.ID)
	r.identity("Timestamp", &e.timestamp)
	r.changes("Changes", &e.Changes)
	r.identity("Event", &e.Name)
	r.integer("PrimaryKey", &e.PrimaryKey)
	r.identity("Entity", &e.Entity)
	r.identity("ContextIdentifier", &e.ContextIdentifier)
	r.integer("ChangedByAssociateId", &e.ChangedByAssociateID)
	r.text("WebhookName", &e.WebhookName)
	r.object("Values", &e.Values)
	r.object("FieldValues", &e.FieldValues)
	if r.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotEvent, r.err)
	}
	if e.Name == "" {
		return nil, fmt.Errorf("%w: the key %q is missing or empty", ErrNotEvent, "Event")
	}
	if t, err := ParseTime(e.timestamp); err == nil {
		e.Timestamp = t.Time.UTC()
	}
	return e, nil
}

// known are the keys that SuperOffice documents.
var known = [...]string{
	"EventId", "Timestamp", "Changes", "Event", "PrimaryKey", "Entity", "ContextIdentifier", "ChangedByAssociateId",
	"WebhookName", "Values", "FieldValues",
}

// reader holds the values of the known keys and reads them until one is wrong.
type reader struct {
	values [len(known)][]byte
	err    error
}

// take keeps a member of the body for its turn, or as an unknown one.
func (r *reader) take(e *Event, key string, value []byte) {
	for i := range known {
		if known[i] == key {
			r.values[i] = value
			return
		}
	}
	if e.Extra == nil {
		e.Extra = map[string]json.RawMessage{}
	}
	e.Extra[key] = value
}

// value returns what a key holds; nil for absent and null, and after a mistake.
func (r *reader) value(key string) []byte {
	for i := range known {
		if known[i] == key && r.err == nil && string(r.values[i]) != "null" {
			return r.values[i]
		}
	}
	return nil
}

// wrong takes note of a value that is not of the wanted type, and tells which it is unless the fault lies deeper ("an
// array of strings" that is an array).
func (r *reader) wrong(key, wanted string, value []byte) {
	is := kind(value)
	if strings.HasPrefix(wanted, is) {
		r.err = fmt.Errorf("the key %q must be %s", key, wanted)
		return
	}
	r.err = fmt.Errorf("the key %q must be %s, not %s", key, wanted, is)
}

func (r *reader) text(key string, into *string) {
	value := r.value(key)
	switch {
	case value == nil:
	case value[0] != '"':
		r.wrong(key, "a string", value)
	default:
		*into = unquote(value)
	}
}

// identity takes a string out that ends up in places where a line end would be taken for one.
func (r *reader) identity(key string, into *string) {
	r.text(key, into)
	if r.err == nil && strings.ContainsFunc(*into, unicode.IsControl) {
		r.err = fmt.Errorf("the key %q holds a control character", key)
	}
}

// integer takes a whole number out. It is read from the text, so that no digit is lost to a floating point number.
func (r *reader) integer(key string, into *int64) {
	value := r.value(key)
	if value == nil {
		return
	}
	if is := kind(value); is != "a number" {
		r.wrong(key, "a whole number", value)
		return
	}
	var err error
	if *into, err = strconv.ParseInt(string(value), 10, 64); err != nil {
		r.err = fmt.Errorf("the key %q must be a whole number of at most 64 bits", key)
	}
}

func (r *reader) changes(key string, into *[]string) {
	value := r.value(key)
	if value == nil {
		return
	}
	const wanted = "an array of strings"
	if value[0] != '[' {
		r.wrong(key, wanted, value)
		return
	}
	list := []string{}
	elements(value, func(element []byte) {
		switch {
		case element[0] == '"':
			list = append(list, unquote(element))
		case string(element) == "null":
			list = append(list, "")
		default:
			r.wrong(key, wanted, value)
		}
	})
	*into = list
}

func (r *reader) object(key string, into *map[string]json.RawMessage) {
	value := r.value(key)
	if value == nil {
		return
	}
	if value[0] != '{' {
		r.wrong(key, "an object", value)
		return
	}
	object := map[string]json.RawMessage{}
	members(value, func(key, value []byte) { object[unquote(key)] = value })
	*into = object
}

// kind names the JSON type of a value.
func kind(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

// jsonProblem says why a body is no JSON object, and where, without repeating it.
func jsonProblem(body []byte) string {
	var object map[string]json.RawMessage
	err := json.Unmarshal(body, &object)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("invalid JSON at byte %d: %s", syntax.Offset, syntax.Error())
	}
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return "it is JSON " + wrongType.Value + ", not an object"
	}
	return "it is null, not an object"
}
