// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

const byteOrderMark = "\xef\xbb\xbf"

// secrets are the forms of a secret that people mistake for each other. The first is the right one.
func secrets(value []byte) []variant[[]byte] {
	all := []variant[[]byte]{{value, ""}}
	add := func(other []byte, says string) { // of two explanations the first is told
		known := slices.ContainsFunc(all, func(v variant[[]byte]) bool { return bytes.Equal(v.value, other) })
		if other != nil && !known {
			all = append(all, variant[[]byte]{other, says})
		}
	}
	lines := bytes.TrimRight(value, "\r\n")
	add(lines, "the secret here ends with a line break that the one in SuperOffice does not have: make the Secret without it, with --from-literal")
	add(bytes.TrimSpace(value), "the secret here has white space around it that the one in SuperOffice does not have")
	add(append(bytes.Clone(value), '\n'), "the sender's secret ends with a line break that the one here does not have")
	add(append(bytes.Clone(value), "\r\n"...), "the sender's secret ends with a line break (CRLF) that the one here does not have")
	add(append(bytes.Clone(value), ' '), "the secret in SuperOffice ends with a space that the one here does not have")
	add(append([]byte(" "), value...), "the secret in SuperOffice begins with a space that the one here does not have")
	add(bytes.TrimPrefix(value, []byte(byteOrderMark)), "the secret here begins with a byte order mark, which an editor put there")
	add(bytes.Trim(lines, `"'`), "the secret here is in quotation marks, which count as a part of it")
	trimmed := string(bytes.TrimSpace(value))
	add(decoded(base64.StdEncoding.DecodeString(trimmed)), "the secret here is in base64, perhaps because it was put into data: of the Secret encoded twice; or the sender decodes what SuperOffice takes as it is")
	add(decoded(hex.DecodeString(trimmed)), "the secret here is in hex, and the sender decodes it; SuperOffice takes it as it is")
	add([]byte(base64.StdEncoding.EncodeToString(value)), "the sender signs with the base64 form of the secret here")
	if plain, err := url.QueryUnescape(trimmed); err == nil {
		add([]byte(plain), "the secret here is percent-encoded")
	}
	if utf8.Valid(value) {
		add(latin1(value), "the sender encodes the secret in Latin 1, SuperOffice in UTF-8")
		add(utf16LE(value), "the sender encodes the secret in UTF-16, SuperOffice in UTF-8")
	} else {
		add(fromLatin1(value), "the secret here is encoded in Latin 1, SuperOffice's in UTF-8")
	}
	add([]byte{}, "the sender signs with an empty secret")
	return all
}

// decoded is nothing where there was an error.
func decoded(value []byte, err error) []byte {
	if err != nil || len(value) == 0 {
		return nil
	}
	return value
}

// latin1 writes a text in ISO 8859-1, if it can be.
func latin1(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		if r > 0xff {
			return nil
		}
		out = append(out, byte(r)) //nolint:gosec // it was compared
	}
	return out
}

// fromLatin1 reads bytes as ISO 8859-1.
func fromLatin1(value []byte) []byte {
	var out []byte
	for _, b := range value {
		out = utf8.AppendRune(out, rune(b))
	}
	return out
}

func utf16LE(text []byte) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(string(text))) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}
