// SPDX-License-Identifier: Apache-2.0

package superoffice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// ErrNotEvent is in the chain of every error of Parse.
var ErrNotEvent = errors.New("the body is not a SuperOffice event")

// Parse reads an event from the body of a delivery.
//
// The body must be one JSON object in UTF-8 with a non-empty string "Event"; the other keys may be absent or null, stand
// in any order and be joined by unknown ones, which are kept. Keys are matched exactly; of a repeated key the last one
// counts. A known key with a value of the wrong type is an error that names it. The error's chain holds ErrNotEvent.
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
	r.read("EventId", "a string", &e.ID)
	r.read("Timestamp", "a string", &e.timestamp)
	r.read("Changes", "an array of strings", &e.Changes)
	r.read("Event", "a string", &e.Name)
	e.PrimaryKey = r.integer("PrimaryKey")
	r.read("Entity", "a string", &e.Entity)
	r.read("ContextIdentifier", "a string", &e.ContextIdentifier)
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
		r.err = fmt.Errorf("the key %q must be %s, not %s", key, wanted, kind(value))
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
