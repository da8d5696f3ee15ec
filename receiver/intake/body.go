// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
)

// atOnce is the room that is made for a body because its length is announced. It is more than events take; the rest is made
// as the body comes, so that nobody gets a mebibyte for a line of header.
const atOnce = 16 << 10

// readBody reads a body byte for byte, up to a limit. One byte more than the limit is read to see that it was exceeded,
// and none when the length is announced. What was read comes along with the reason not to use it.
func readBody(r *http.Request, limit int64, spare *spare, held *loan) ([]byte, Reason) {
	if r.ContentLength > limit {
		return nil, BodyTooLarge
	}
	for _, coding := range r.Header.Values("Content-Encoding") {
		if coding != "" && !strings.EqualFold(coding, "identity") {
			return nil, BodyCompressed
		}
	}
	if r.ContentLength > 0 && r.ContentLength <= atOnce {
		body := spare.take(r.ContentLength)
		n, err := io.ReadFull(r.Body, body)
		if err != nil {
			return body[:n], BodyIncomplete
		}
		_ = r.Body.Close() // else the server looks whether there is more of it
		return body, ""
	}
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(atOnce + bytes.MinRead)
	}
	n, err := body.ReadFrom(held.pay(io.LimitReader(r.Body, limit+1)))
	switch {
	case errors.Is(err, errTooMuchHeld):
		return body.Bytes(), TooMuchAtOnce
	case n > limit:
		return body.Bytes(), BodyTooLarge
	case err != nil:
		return body.Bytes(), BodyIncomplete
	}
	return body.Bytes(), ""
}

var errTooMuchHeld = errors.New("too much is held of other bodies")

// loan is what one body takes of what may be held at a time.
type loan struct {
	from   *loans
	reader io.Reader
	read   int64
	taken  int64
}

// pay returns a reader that takes a loan for what it reads, and fails when there is none.
func (l *loan) pay(reader io.Reader) io.Reader {
	l.reader = reader
	return l
}

// Read takes the loan afterwards, since what is read into is there already.
func (l *loan) Read(p []byte) (int, error) {
	n, err := l.reader.Read(p)
	l.read += int64(n)
	if more := l.read - atOnce - l.taken; more > 0 {
		l.taken += more
		if !l.from.take(more) {
			return n, errTooMuchHeld
		}
	}
	return n, err
}

// giveBack ends it, once the body is of no use any more.
func (l *loan) giveBack() { l.from.giveBack(l.taken) }
