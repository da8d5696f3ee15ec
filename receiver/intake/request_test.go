// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// request is what a sender writes to its connection, to the byte. Without more it is an empty POST to the webhook.
type request struct {
	method, target string
	header         []string // lines without their ends
	body           []byte
	chunked        bool
	cut            int // bytes that are missing at the end when the sender stops
}

// post is a request as SuperOffice sends it.
func post(body []byte) request { return unsigned(body).signed(current) }

func unsigned(body []byte) request { return request{body: body} }

func (r request) with(lines ...string) request {
	r.header = append(r.header[:len(r.header):len(r.header)], lines...)
	return r
}

func (r request) signed(by superoffice.Secret) request {
	return r.with(superoffice.HeaderSignature + ": " + superoffice.Sign(by, r.body))
}

func (r request) to(target string) request {
	r.target = target
	return r
}

func (r request) by(method string) request {
	r.method = method
	return r
}

func (r request) inChunks() request {
	r.chunked = true
	return r
}

func (r request) cutBy(n int) request {
	r.cut = n
	return r
}

func (r request) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: crm.example.com\r\n", cmp.Or(r.method, http.MethodPost), cmp.Or(r.target, "/webhook"))
	for _, line := range r.header {
		b.WriteString(line + "\r\n")
	}
	if r.chunked {
		b.WriteString("Transfer-Encoding: chunked\r\n\r\n")
		for rest := r.body; len(rest) > 0; {
			n := min(len(rest), 1000)
			fmt.Fprintf(&b, "%x\r\n%s\r\n", n, rest[:n])
			rest = rest[n:]
		}
		b.WriteString("0\r\n\r\n")
	} else {
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(r.body), r.body)
	}
	b.Truncate(b.Len() - r.cut)
	return b.Bytes()
}

// answer is what came back.
type answer struct {
	reply
	header http.Header
	last   bool // the server closes the connection
}

func (r request) send(t testing.TB, address string) answer {
	t.Helper()
	a, err := exchange(dial(t, address), r.bytes(), r.method)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func dial(t testing.TB, address string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.TCPConn)
}

// exchange writes all that there is to write and reads one answer.
func exchange(conn *net.TCPConn, raw []byte, method string) (answer, error) {
	_, _ = conn.Write(raw) // who is not interested in the rest does not read it
	_ = conn.CloseWrite()
	defer conn.Close()
	return readAnswer(bufio.NewReader(conn), method)
}

// errFatal is about an answer that nobody may ever get, whatever was sent: 410 disables a webhook at once, and a redirect
// leads somewhere else. Every answer in these tests is held against it.
var errFatal = errors.New("an answer that must never be given")

func survivable(status int) error {
	if status == http.StatusGone || status >= 300 && status < 400 {
		return fmt.Errorf("%w: %d", errFatal, status)
	}
	return nil
}

func readAnswer(from *bufio.Reader, method string) (answer, error) {
	response, err := http.ReadResponse(from, &http.Request{Method: method})
	if err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	if err := survivable(response.StatusCode); err != nil {
		return answer{}, err
	}
	if response.StatusCode == http.StatusContinue { // the answer is still to come
		return readAnswer(from, method)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, fmt.Errorf("read the text of the answer: %w", err)
	}
	return answer{reply{response.StatusCode, string(text)}, response.Header, response.Close}, nil
}

// event is a body that is an event; keys are more keys of it.
func event(name, id string, keys ...string) []byte {
	more := ""
	if len(keys) > 0 {
		more = ",\r\n  " + strings.Join(keys, ",\r\n  ")
	}
	return fmt.Appendf(nil, "{\r\n  \"EventId\": %q,\r\n  \"Event\": %q%s\r\n}", id, name, more)
}

// padded makes an event exactly so long, by white space that counts for the signature.
func padded(length int) []byte {
	body := event(superoffice.ActivityCreated, "padded")
	return append(body, bytes.Repeat([]byte("\r\n"), length)...)[:length]
}
