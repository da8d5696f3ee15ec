// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// atOnce is the room that is made for a body because its length is announced. It is more than events take; the rest is made
// as the body comes, so that nobody gets a mebibyte for a line of header.
const atOnce = 16 << 10

// readBody reads a body byte for byte, up to a limit. One byte more than the limit is read to see that it was exceeded,
// and none when the length is announced. What was read comes along with the reason not to use it.
func readBody(r *http.Request, limit int64) ([]byte, Reason) {
	if r.ContentLength > limit {
		return nil, BodyTooLarge
	}
	for _, coding := range r.Header.Values("Content-Encoding") {
		if coding != "" && !strings.EqualFold(coding, "identity") {
			return nil, BodyCompressed
		}
	}
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(min(r.ContentLength, atOnce)) + bytes.MinRead)
	}
	n, err := body.ReadFrom(io.LimitReader(r.Body, limit+1))
	switch {
	case n > limit:
		return body.Bytes(), BodyTooLarge
	case err != nil:
		return body.Bytes(), BodyIncomplete
	}
	return body.Bytes(), ""
}
