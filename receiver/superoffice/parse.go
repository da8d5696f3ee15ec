// SPDX-License-Identifier: Apache-2.0

package superoffice

import (
	"bytes"
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
func Parse(body []byte) (*Event, error) {
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("%w: it is not UTF-8", ErrNotEvent)
	}
	// A map, not a struct: encoding/json would match the keys of a struct without regard to case.
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(body, &keys); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrNotEvent, jsonProblem(err))
	}
	if keys == nil {
		return nil, fmt.Errorf("%w: it is null, not an object", ErrNotEvent)
	}
	e := &Event{Raw: body}
	r := reader{keys: keys}
	r.identity("EventId", &e.ID)
	r.identity("Timestamp", &e.timestamp)
	r.read("Changes", "an array of strings", &e.Changes)
	r.identity("Event", &e.Name)
	e.PrimaryKey = r.integer("PrimaryKey")
	r.identity("Entity", &e.Entity)
	r.identity("ContextIdentifier", &e.ContextIdentifier)
	e.ChangedByAssociateID = r.integer("ChangedByAssociateId")
	r.read("WebhookName", "a string", &e.WebhookName)
	r.read("Values", "an object", &e.Values)
	r.read("FieldValues", "an object", &e.FieldValues)
	if r.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotEvent, r.err)
	}
	if e.Name == "" {
		return nil, fmt.Errorf("%w: the key %q is missing or empty", ErrNotEvent, "Event")
	}
	if t, err := ParseTime(e.timestamp); err == nil {
		e.Timestamp = t.Time.UTC()
	}
	if len(keys) > 0 {
		e.Extra = keys
	}
	return e, nil
}

// reader takes known keys out of a body until one is wrong.
type reader struct {
	keys map[string]json.RawMessage
	err  error
}

// read takes a key out into a variable; absent and null leave it as it is.
func (r *reader) read(key, wanted string, into any) {
	value, ok := r.keys[key]
	if !ok || r.err != nil {
		return
	}
	delete(r.keys, key)
	if err := json.Unmarshal(value, into); err != nil {
		r.err = fmt.Errorf("the key %q must be %s%s", key, wanted, butIs(wanted, value))
	}
}

// identity takes a string out that ends up in places where a line end would be taken for one.
func (r *reader) identity(key string, into *string) {
	r.read(key, "a string", into)
	if r.err == nil && strings.ContainsFunc(*into, unicode.IsControl) {
		r.err = fmt.Errorf("the key %q holds a control character", key)
	}
}

// integer takes a whole number out. It is read from the text, so that no digit is lost to a floating point number.
func (r *reader) integer(key string) int64 {
	var number json.Number
	value := r.keys[key]
	r.read(key, "a whole number", &number)
	if r.err != nil || number == "" {
		return 0
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || value[0] == '"' {
		r.err = fmt.Errorf("the key %q must be a whole number of at most 64 bits", key)
	}
	return n
}

// butIs tells the type that a value has, unless the fault lies deeper ("an array of strings" that is an array).
func butIs(wanted string, value json.RawMessage) string {
	is := kind(value)
	if strings.HasPrefix(wanted, is) {
		return ""
	}
	return ", not " + is
}

// kind names the JSON type of a value.
func kind(value json.RawMessage) string {
	switch bytes.TrimLeft(value, " \t\r\n")[0] {
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

// jsonProblem says where JSON is broken without repeating it.
func jsonProblem(err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("invalid JSON at byte %d: %s", syntax.Offset, syntax.Error())
	}
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return "it is JSON " + wrongType.Value + ", not an object"
	}
	return "invalid JSON"
}
