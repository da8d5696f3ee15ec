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
	"unsafe"
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
func Parse(body []byte) (*Event, error) { return parse(body, true) }

// Identify is Parse without what is in the columns: Changes, Values, FieldValues and Extra stay empty, which takes less than half the
// time. It refuses what Parse refuses.
func Identify(body []byte) (*Event, error) { return parse(body, false) }

func parse(body []byte, columns bool) (*Event, error) {
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("%w: it is not UTF-8", ErrNotEvent)
	}
	e := &Event{Raw: body}
	// A copy would be another 2 KiB for each event. That the body is not changed is asked of the caller.
	r := reader{document: document{body, unsafe.String(unsafe.SliceData(body), len(body))}, columns: columns} // #nosec G103
	if !validObject(r.text, func(key, v value) { r.take(e, r.unquote(key), v) }) {
		return nil, fmt.Errorf("%w: %s", ErrNotEvent, jsonProblem(body))
	}
	r.identity("EventId", &e.ID)
	r.identity("Timestamp", &e.timestamp)
	r.changes("Changes", &e.Changes)
	r.identity("Event", &e.Name)
	r.integer("PrimaryKey", &e.PrimaryKey)
	r.identity("Entity", &e.Entity)
	r.identity("ContextIdentifier", &e.ContextIdentifier)
	r.integer("ChangedByAssociateId", &e.ChangedByAssociateID)
	r.str("WebhookName", &e.WebhookName)
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

// typical is how many columns the lists and objects of an event name, more or less.
const typical = 24

// reader holds the values of the known keys and reads them until one is wrong.
type reader struct {
	document
	columns bool // are to be read, too
	values  [len(known)]value
	err     error
}

// take keeps a member of the body for its turn, or as an unknown one.
func (r *reader) take(e *Event, key string, v value) {
	for i := range known {
		if known[i] == key {
			r.values[i] = v
			return
		}
	}
	if !r.columns {
		return
	}
	if e.Extra == nil {
		e.Extra = map[string]json.RawMessage{}
	}
	e.Extra[key] = r.raw(v)
}

// value returns what a key holds; false for absent and null, and after a mistake.
func (r *reader) value(key string) (value, bool) {
	for i := range known {
		if known[i] == key {
			v := r.values[i]
			return v, r.err == nil && v.to > 0 && r.text[v.from] != 'n'
		}
	}
	return value{}, false
}

// wrong takes note of a value that is not of the wanted type, and tells which it is unless the fault lies deeper ("an
// array of strings" that is an array).
func (r *reader) wrong(key, wanted string, v value) {
	is := r.kind(v)
	if strings.HasPrefix(wanted, is) {
		r.err = fmt.Errorf("the key %q must be %s", key, wanted)
		return
	}
	r.err = fmt.Errorf("the key %q must be %s, not %s", key, wanted, is)
}

func (r *reader) str(key string, into *string) {
	v, ok := r.value(key)
	switch {
	case !ok:
	case r.text[v.from] != '"':
		r.wrong(key, "a string", v)
	default:
		*into = r.unquote(v)
	}
}

// identity takes a string out that ends up in places where a line end would be taken for one.
func (r *reader) identity(key string, into *string) {
	r.str(key, into)
	if r.err == nil && strings.ContainsFunc(*into, unicode.IsControl) {
		r.err = fmt.Errorf("the key %q holds a control character", key)
	}
}

// integer takes a whole number out. It is read from the text, so that no digit is lost to a floating point number.
func (r *reader) integer(key string, into *int64) {
	v, ok := r.value(key)
	if !ok {
		return
	}
	if is := r.kind(v); is != "a number" {
		r.wrong(key, "a whole number", v)
		return
	}
	var err error
	if *into, err = strconv.ParseInt(r.of(v), 10, 64); err != nil {
		r.err = fmt.Errorf("the key %q must be a whole number of at most 64 bits", key)
	}
}

func (r *reader) changes(key string, into *[]string) {
	v, ok := r.value(key)
	if !ok {
		return
	}
	if r.text[v.from] != '[' || v.mixed {
		r.wrong(key, "an array of strings", v)
		return
	}
	if !r.columns {
		return
	}
	list := make([]string, 0, typical)
	r.elements(v.from, func(element value) {
		text := ""
		if r.text[element.from] == '"' {
			text = r.unquote(element)
		}
		list = append(list, text)
	})
	*into = list
}

func (r *reader) object(key string, into *map[string]json.RawMessage) {
	v, ok := r.value(key)
	if !ok {
		return
	}
	if r.text[v.from] != '{' {
		r.wrong(key, "an object", v)
		return
	}
	if !r.columns {
		return
	}
	object := make(map[string]json.RawMessage, typical)
	r.members(v.from, func(key, v value) { object[r.unquote(key)] = r.raw(v) })
	*into = object
}

// kind names the JSON type of a value.
func (d document) kind(v value) string {
	switch d.text[v.from] {
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
