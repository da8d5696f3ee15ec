// SPDX-License-Identifier: Apache-2.0

package superoffice

import (
	"encoding/json"
	"strings"
)

// What is here walks over JSON that is known to be valid and takes the values out as they stand, without copying them.
// encoding/json can do that too, but checks every value once more at each level, which takes three times as long as all of
// the rest of Parse; and every event that a receiver accepts is parsed before it is answered.

// document is a body, also as a text, whose parts can be handed out as strings.
type document struct {
	body []byte
	text string
}

// value is a JSON value in a document, by where it begins and ends. The zero value is none.
type value struct {
	from, to int
	mixed    bool // a member of the document that is an array, not only of strings and null
}

func (d document) of(v value) string { return d.text[v.from:v.to] }

// raw returns the bytes of a value, which are those of the body.
func (d document) raw(v value) json.RawMessage { return d.body[v.from:v.to:v.to] }

// members calls visit with each member of the object that begins at i, in the order of the text. Keys have their quotes.
func (d document) members(i int, visit func(key, v value)) {
	for i = space(d.text, i+1); d.text[i] != '}'; {
		key := value{from: i, to: d.end(i)}
		i = space(d.text, space(d.text, key.to)+1) // the colon
		v := value{from: i, to: d.end(i)}
		visit(key, v)
		if i = space(d.text, v.to); d.text[i] == ',' {
			i = space(d.text, i+1)
		}
	}
}

// elements calls visit with each element of the array that begins at i.
func (d document) elements(i int, visit func(v value)) {
	for i = space(d.text, i+1); d.text[i] != ']'; {
		v := value{from: i, to: d.end(i)}
		visit(v)
		if i = space(d.text, v.to); d.text[i] == ',' {
			i = space(d.text, i+1)
		}
	}
}

// end returns the end of the value that begins at i.
func (d document) end(i int) int {
	switch d.text[i] {
	case '"':
		return d.stringEnd(i)
	case '{', '[':
		return d.nestedEnd(i)
	}
	for i < len(d.text) && strings.IndexByte(",]} \r\n\t", d.text[i]) < 0 {
		i++
	}
	return i
}

func (d document) nestedEnd(i int) int {
	for depth := 0; ; {
		switch d.text[i] {
		case '"':
			i = d.stringEnd(i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
}

func (d document) stringEnd(i int) int {
	for i = plain(d.text, i+1); d.text[i] != '"'; {
		i = plain(d.text, i+2) // behind what is escaped
	}
	return i + 1
}

// unquote reads a string.
func (d document) unquote(v value) string {
	inner := d.text[v.from+1 : v.to-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var text string
	_ = json.Unmarshal(d.raw(v), &text) // it is valid
	return text
}
