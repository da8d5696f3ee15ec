// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// encodedAgain adds what encoders make of a body that was decoded before: each with its own spaces, order and escapes.
func (c *collector) encodedAgain() {
	if !json.Valid(c.given) {
		return
	}
	for _, source := range []variant[[]byte]{{c.given, ""}, {sorted(c.given), ", with its keys in another order"}} {
		for _, layout := range layouts(source.value) {
			for _, escaped := range []variant[[]byte]{
				{layout.value, ""},
				{escapeASCII(layout.value), ", and escaped what is not ASCII"},
				{escapeHTML(layout.value), ", and escaped <, > and &"},
				{unescape(layout.value), ", and took back escapes"},
			} {
				c.add(escaped.value, fmt.Sprintf("the body was decoded and encoded again: who signed had it %s%s%s", layout.says, source.says, escaped.says))
			}
		}
	}
}

func layouts(body []byte) []variant[[]byte] {
	var compact bytes.Buffer
	if body == nil || json.Compact(&compact, body) != nil {
		return nil
	}
	all := []variant[[]byte]{
		{compact.Bytes(), "compact, without spaces"},
		{spaced(compact.Bytes()), "in one line, with spaces after commas and colons"},
	}
	for _, indent := range []variant[string]{{"  ", "indented by two spaces"}, {"    ", "indented by four spaces"}, {"\t", "indented by tabs"}} {
		var unix bytes.Buffer
		if json.Indent(&unix, compact.Bytes(), "", indent.value) != nil {
			continue
		}
		windows := bytes.ReplaceAll(unix.Bytes(), []byte("\n"), []byte("\r\n"))
		all = append(all, variant[[]byte]{windows, indent.says + ", with line ends of CRLF"}, variant[[]byte]{unix.Bytes(), indent.says + ", with line ends of LF"})
	}
	return all
}

// sorted puts the keys of all objects in the order of the alphabet, as many encoders do. Numbers stay as they are.
func sorted(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return nil
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if e.Encode(value) != nil {
		return nil
	}
	return out.Bytes()
}

// spaced puts a space behind each comma and colon that is not in a string.
func spaced(compact []byte) []byte {
	return outsideStrings(compact, func(out []byte, c byte) []byte {
		if out = append(out, c); c == ',' || c == ':' {
			out = append(out, ' ')
		}
		return out
	})
}

func outsideStrings(text []byte, write func(out []byte, c byte) []byte) []byte {
	var out []byte
	inString, escaped := false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case !inString:
			out = write(out, c)
			continue
		}
		out = append(out, c)
	}
	return out
}

func escapeASCII(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

func escapeHTML(text []byte) []byte {
	var out bytes.Buffer
	json.HTMLEscape(&out, text)
	return out.Bytes()
}

// unescape writes out what is escaped in strings though it need not be. It gives up on what it cannot read.
func unescape(text []byte) []byte {
	var out []byte
	for i := 0; i < len(text); {
		if text[i] != '"' {
			out = append(out, text[i])
			i++
			continue
		}
		d := json.NewDecoder(bytes.NewReader(text[i:]))
		var value string
		if d.Decode(&value) != nil {
			return nil
		}
		var again bytes.Buffer
		e := json.NewEncoder(&again)
		e.SetEscapeHTML(false)
		if e.Encode(value) != nil {
			return nil
		}
		out = append(out, bytes.TrimRight(again.Bytes(), "\n")...)
		i += int(d.InputOffset())
	}
	return out
}
