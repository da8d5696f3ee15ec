// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// readings are the ways to read the value of the header. The first is the right one, if it can be read so.
func readings(text string) []variant[[]byte] {
	var all []variant[[]byte]
	for _, cleaned := range cleanings(text) {
		for _, decoded := range decodings(cleaned.value) {
			all = append(all, variant[[]byte]{decoded.value, join(cleaned.says, decoded.says)})
		}
	}
	return all
}

func join(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, "; ")
}

// cleanings take off what does not belong to it, one thing at a time and all at once.
func cleanings(text string) []variant[string] {
	all := []variant[string]{{text, ""}}
	rest, reasons := text, []string(nil)
	for _, c := range []variant[func(string) string]{
		{strings.TrimSpace, "white space is around the signature"},
		{withoutName, "the name of the header is a part of it"},
		{func(s string) string { return strings.Trim(s, `"'`) }, "quotation marks are around the signature"},
		{func(s string) string { return strings.TrimPrefix(s, "sha256=") }, `"sha256=" stands before it, which SuperOffice does not send`},
		{unescaped, "it is percent-encoded"},
		{func(s string) string {
			return strings.NewReplacer(`\u002b`, "+", `\u002B`, "+", `\u003d`, "=", `\u003D`, "=", `\/`, "/").Replace(s)
		}, "it is escaped as in JSON"},
		{func(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), " ", "+") }, `each "+" of it became a space, as when a form is decoded`},
	} {
		if cleaned := c.value(rest); cleaned != rest {
			rest, reasons = cleaned, append(reasons, c.says)
			all = append(all, variant[string]{rest, strings.Join(reasons, "; ")})
		}
	}
	return all
}

func withoutName(s string) string {
	if name, value, found := strings.Cut(s, ":"); found && strings.EqualFold(strings.TrimSpace(name), superoffice.HeaderSignature) {
		return strings.TrimSpace(value)
	}
	return s
}

func unescaped(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

func decodings(text string) []variant[[]byte] {
	if strings.ContainsAny(text, "\r\n") { // which package base64 passes over
		return nil
	}
	var all []variant[[]byte]
	add := func(value []byte, err error, says string) {
		if err == nil && len(value) > 0 {
			all = append(all, variant[[]byte]{value, says})
		}
	}
	strict, err := base64.StdEncoding.Strict().DecodeString(text)
	add(strict, err, "")
	for _, d := range []variant[*base64.Encoding]{
		{base64.RawStdEncoding, `the "=" at its end is missing`},
		{base64.URLEncoding, `it is in base64 for URLs ("-" and "_" instead of "+" and "/")`},
		{base64.RawURLEncoding, `it is in base64 for URLs, without the "=" at its end`},
	} {
		if len(all) == 0 {
			value, err := d.value.DecodeString(text)
			add(value, err, d.says)
		}
	}
	value, err := hex.DecodeString(text)
	add(value, err, "it is in hex, SuperOffice sends base64")
	for _, once := range all {
		if len(once.value) <= sha256.Size {
			continue
		}
		value, err := hex.DecodeString(string(once.value))
		add(value, err, "it is base64 of the hex form, SuperOffice sends base64 of the bytes")
		value, err = base64.StdEncoding.DecodeString(string(once.value))
		add(value, err, "it was encoded in base64 twice")
	}
	return all
}

// form says what the header's value looks like.
func form(text string) string {
	n := fmt.Sprintf("%d characters", len(text))
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	if strings.ContainsAny(text, "\r\n") {
		return n + ", with a line break"
	}
	switch {
	case strings.TrimSpace(text) == "":
		return "empty: SuperOffice sends none where the webhook has no secret"
	case err == nil && len(decoded) == sha256.Size:
		return n + ", base64 of 32 bytes, as it should be"
	case err == nil:
		return fmt.Sprintf("%s, base64 of %d bytes; an HMAC-SHA256 has 32%s", n, len(decoded), known(len(decoded)))
	case len(text) < 43 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == "":
		return n + "; it should have 44: its end may have been cut off"
	}
	return n + ", not base64 of 32 bytes, as it should be"
}

func known(bytes int) string {
	switch bytes {
	case 16:
		return ", an HMAC-MD5 as many as this"
	case 20:
		return ", an HMAC-SHA1 as many as this"
	case 64:
		return ", an HMAC-SHA512 or the hex form as many as this"
	}
	return ""
}
