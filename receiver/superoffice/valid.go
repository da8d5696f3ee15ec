// SPDX-License-Identifier: Apache-2.0

package superoffice

import (
	"math/bits"
	"strings"
)

// maxDepth is how deep JSON may be nested; encoding/json has the same limit.
const maxDepth = 10_000

// validObject tells whether a text is one JSON object (RFC 8259), and calls visit with each of its members in the order of the
// text, of an invalid one with those before the mistake. Keys have their quotes. It agrees with json.Valid, which works byte by
// byte through a state machine and takes several times as long: more than all of the rest that is done to an event before it is
// stored.
func validObject(text string, visit func(key, v value)) bool {
	begin := space(text, 0)
	if begin == len(text) || text[begin] != '{' {
		return false
	}
	end := validNested(text, begin, 1, '}', func(text string, i, depth int) int {
		key, from := validKey(text, i)
		if key < 0 {
			return -1
		}
		to, mixed := validMemberValue(text, from, depth)
		if to >= 0 {
			visit(value{from: i, to: key}, value{from, to, mixed})
		}
		return to
	})
	return end >= 0 && space(text, end) == len(text)
}

// validMemberValue is validValue, and also tells whether an array holds something else than strings and null.
func validMemberValue(text string, i, depth int) (end int, mixed bool) {
	if i >= len(text) || text[i] != '[' {
		return validValue(text, i, depth), false
	}
	end = validNested(text, i, depth+1, ']', func(text string, i, depth int) int {
		if i < len(text) && text[i] == '"' {
			return validString(text, i)
		}
		mixed = mixed || i < len(text) && text[i] != 'n'
		return validValue(text, i, depth)
	})
	return end, mixed
}

// validValue returns the end of the value that begins at i, or -1 if there is none. So do the others below.
func validValue(text string, i, depth int) int {
	if i >= len(text) {
		return -1
	}
	switch c := text[i]; {
	case c == '"':
		return validString(text, i)
	case c == '{':
		return validNested(text, i, depth+1, '}', validMember)
	case c == '[':
		return validNested(text, i, depth+1, ']', validValue)
	case c == '-' || isDigit(c):
		return validNumber(text, i)
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(text[i:], word) {
			return i + len(word)
		}
	}
	return -1
}

// validNested reads an object or an array, whose parts are separated by commas.
func validNested(text string, i, depth int, last byte, part func(text string, i, depth int) int) int {
	if depth > maxDepth {
		return -1
	}
	if i = space(text, i+1); i < len(text) && text[i] == last {
		return i + 1
	}
	for {
		end := part(text, i, depth)
		if end < 0 {
			return -1
		}
		i = space(text, end)
		switch {
		case i >= len(text):
			return -1
		case text[i] == last:
			return i + 1
		case text[i] != ',':
			return -1
		}
		i = space(text, i+1)
	}
}

func validMember(text string, i, depth int) int {
	_, from := validKey(text, i)
	if from < 0 {
		return -1
	}
	return validValue(text, from, depth)
}

// validKey returns the end of the key that begins at i and the beginning of its value, or -1 for both.
func validKey(text string, i int) (end, from int) {
	if i >= len(text) || text[i] != '"' {
		return -1, -1
	}
	end = validString(text, i)
	if end < 0 {
		return -1, -1
	}
	if i = space(text, end); i >= len(text) || text[i] != ':' {
		return -1, -1
	}
	return end, space(text, i+1)
}

func validString(text string, i int) int {
	for i++; ; i++ {
		if i = plain(text, i); i >= len(text) {
			return -1
		}
		switch text[i] {
		case '"':
			return i + 1
		case '\\':
			if i = validEscape(text, i+1); i < 0 {
				return -1
			}
		default:
			return -1
		}
	}
}

// plain returns the end of what begins at i and is nothing special in a string: no quote, no backslash, no control character.
// It looks at eight bytes at a time.
func plain(text string, i int) int {
	const each = 0x0101010101010101
	for ; i+8 <= len(text); i += 8 {
		t := text[i : i+8]
		w := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		quote, backslash := w^'"'*each, w^'\\'*each
		// The lowest bit that is set is right: it is in the highest place of the first byte that is below the limit, which is 1
		// for the first two and ' ' for the last. Above it a borrow may have set others.
		if found := ((quote-each)&^quote | (backslash-each)&^backslash | (w-' '*each)&^w) & (0x80 * each); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(text) && text[i] >= ' ' && text[i] != '"' && text[i] != '\\' {
		i++
	}
	return i
}

// validEscape returns the last position of what follows a backslash.
func validEscape(text string, i int) int {
	if i >= len(text) {
		return -1
	}
	if text[i] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, text[i]) < 0 {
			return -1
		}
		return i
	}
	if len(text) < i+5 {
		return -1
	}
	for _, c := range []byte(text[i+1 : i+5]) {
		if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
			return -1
		}
	}
	return i + 4
}

func validNumber(text string, i int) int {
	if text[i] == '-' {
		i++
	}
	switch whole := digits(text, i); {
	case whole == i, text[i] == '0' && whole > i+1: // none, or one too many
		return -1
	default:
		i = whole
	}
	if i < len(text) && text[i] == '.' {
		end := digits(text, i+1)
		if end == i+1 {
			return -1
		}
		i = end
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		if i++; i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		end := digits(text, i)
		if end == i {
			return -1
		}
		i = end
	}
	return i
}

func digits(text string, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// space returns the end of the white space that begins at i.
func space(text string, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
		i++
	}
	return i
}
