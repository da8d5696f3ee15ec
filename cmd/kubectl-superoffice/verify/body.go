// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/url"
	"unicode/utf16"
	"unicode/utf8"
)

// maxUnpacked bounds what is unpacked: more than any event has.
const maxUnpacked = 16 << 20

const tookAway, changed = "something took away ", "something changed "

// bodies are the forms that a body has had, or may have had, on its way. The first is the one that was given.
func bodies(body []byte) []variant[[]byte] {
	c := &collector{given: body}
	c.all = append(c.all, variant[[]byte]{body, ""})
	c.lines()
	c.encodings()
	c.wrappings()
	c.encodedAgain()
	c.add([]byte{}, "it is the signature of an empty body: whatever read the body first left nothing for who signed")
	return c.all
}

type collector struct {
	given []byte
	all   []variant[[]byte]
}

// add leaves out what is there already, so that of two explanations the simpler one is told.
func (c *collector) add(other []byte, says string) {
	if other == nil {
		return
	}
	for _, v := range c.all {
		if bytes.Equal(v.value, other) {
			return
		}
	}
	c.all = append(c.all, variant[[]byte]{other, says})
}

func (c *collector) lines() {
	b := c.given
	unix := bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	windows := bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n"))
	withoutEnd := func(b []byte) []byte { return bytes.TrimRight(b, "\r\n") }
	c.add(withoutEnd(b), "something added a line break to the end of the body, as editors and echo do")
	c.add(append(bytes.Clone(b), '\n'), tookAway+"the line break (LF) at the end of the body")
	c.add(append(bytes.Clone(b), "\r\n"...), tookAway+"the line break (CRLF) at the end of the body")
	c.add(windows, changed+"the line ends of the body from CRLF to LF, as text tools and Git do")
	c.add(unix, changed+"the line ends of the body from LF to CRLF")
	c.add(withoutEnd(windows), changed+"the line ends of the body from CRLF to LF, and added one at its end")
	c.add(append(withoutEnd(windows), "\r\n"...), changed+"the line ends of the body from CRLF to LF, and took away the one at its end")
	c.add(withoutEnd(unix), changed+"the line ends of the body from LF to CRLF, and added one at its end")
	c.add(bytes.TrimSpace(b), "something added white space around the body")
	c.add(bytes.TrimPrefix(b, []byte(byteOrderMark)), "something put a byte order mark before the body, as editors on Windows do")
	c.add(append([]byte(byteOrderMark), b...), tookAway+"the byte order mark before the body")
}

func (c *collector) encodings() {
	b := c.given
	if utf8.Valid(b) {
		c.add(latin1(b), "something took the body's UTF-8 for Latin 1 and encoded it in UTF-8 again, or the sender signs Latin 1")
		c.add(fromLatin1(b), "something decoded the body's UTF-8 twice")
	} else {
		c.add(fromLatin1(b), changed+"the encoding of the body from UTF-8 to Latin 1")
	}
	c.add(utf16LE(b), changed+"the encoding of the body from UTF-16 to UTF-8")
	c.add(fromUTF16(b, binary.LittleEndian), changed+"the encoding of the body from UTF-8 to UTF-16")
	c.add(fromUTF16(b, binary.BigEndian), changed+"the encoding of the body from UTF-8 to UTF-16 (big endian)")
}

func (c *collector) wrappings() {
	b := c.given
	if reader, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
		if plain, err := io.ReadAll(io.LimitReader(reader, maxUnpacked)); err == nil {
			c.add(plain, "something compressed the body on the way")
		}
	}
	c.add(decoded(base64.StdEncoding.DecodeString(string(bytes.TrimSpace(b)))), "the body is in base64, as some gateways hand it over")
	var text string
	if json.Unmarshal(b, &text) == nil {
		c.add([]byte(text), "the body is a JSON string that holds the JSON: something encoded it twice")
	}
	if plain, err := url.QueryUnescape(string(b)); err == nil {
		c.add([]byte(plain), "the body is percent-encoded, as forms are")
	}
}

func fromUTF16(value []byte, order binary.ByteOrder) []byte {
	if len(value) < 2 || len(value)%2 != 0 {
		return nil
	}
	units := make([]uint16, len(value)/2)
	for i := range units {
		units[i] = order.Uint16(value[2*i:])
	}
	if units[0] == 0xfeff {
		units = units[1:]
	}
	return []byte(string(utf16.Decode(units)))
}
