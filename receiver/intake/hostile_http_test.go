// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	host  = "Host: crm.example.com\r\n"
	start = "POST /webhook HTTP/1.1\r\n" + host
)

var (
	// another is an event that might be smuggled in behind one.
	another = event(superoffice.ActivityChanged, "smuggled")
	// large is one byte more than is read.
	large = slices.Concat(created, bytes.Repeat([]byte(" "), config.DefaultMaxBodyBytes+1-len(created)))
)

// signature is the line with the right signature of a body.
func signature(body []byte) string {
	return superoffice.HeaderSignature + ": " + superoffice.Sign(current, body) + "\r\n"
}

// chunked is a body as one chunk, with what stands behind its length and at its end.
func chunked(body []byte, extension, trailer string) string {
	return fmt.Sprintf("%x%s\r\n%s\r\n0\r\n%s\r\n", len(body), extension, body, trailer)
}

// hostileHTTP is what HTTP itself leaves room for.
func hostileHTTP() []chapter {
	return []chapter{
		{"Connections", connections()},
		{"Where a body ends", framing()},
		{"Versions of HTTP", versions()},
		{"Headers", headers()},
		{"`Expect`", expectations()},
	}
}

func connections() []hostile {
	stored := []intake.Reason{intake.Stored}
	many := hostile{what: "a hundred events over one connection"}
	for i := range 100 {
		body := event(superoffice.ActivityCreated, fmt.Sprint(i))
		many.raw, many.want, many.stored = raw(many.raw, post(body)), append(many.want, intake.Stored), append(many.stored, body)
	}
	return []hostile{
		many,
		{what: "the same event twice at once", raw: raw(post(created), post(created)), want: []intake.Reason{intake.Stored, intake.Duplicate}, stored: [][]byte{created}},
		{
			what: "refused ones before one that is not",
			raw:  raw(unsigned(created), post(created).by("PUT"), post(created).to("/other"), post(created).with("Content-Encoding: gzip"), post(created)),
			want: []intake.Reason{intake.SignatureMissing, intake.MethodNotAllowed, intake.PathUnknown, intake.BodyCompressed, intake.Stored}, stored: [][]byte{created},
		},
		{what: "one over the limit before one that is not", raw: raw(post(large), post(created)), want: []intake.Reason{intake.BodyTooLarge}},
		{what: "a large body to another path before one to the right one", raw: raw(post(large).to("/other"), post(created)), want: []intake.Reason{intake.PathUnknown}},
		{what: "`Connection: close`, and one more", raw: raw(post(created).with("Connection: close"), post(another)), want: stored, stored: [][]byte{created}},
		{what: "nothing", raw: nil},
		{what: "nothing, and stalls", end: stalls},
		{what: "half a header, and stalls", raw: raw(start), end: stalls},
		{what: "half a body, and stalls", raw: post(created).cutBy(9).bytes(), end: stalls, want: []intake.Reason{intake.BodyIncomplete}},
		{what: "half a chunk, and stalls", raw: post(created).inChunks().cutBy(9).bytes(), end: stalls, want: []intake.Reason{intake.BodyIncomplete}},
		{what: "half a body to another path, and stalls", raw: post(created).to("/other").cutBy(9).bytes(), end: stalls, want: []intake.Reason{intake.PathUnknown}},
		{what: "one event, and stalls", raw: post(created).bytes(), end: stalls, want: stored, stored: [][]byte{created}},
		{what: "half a body, and is gone", raw: post(created).cutBy(9).bytes(), end: leaves, want: []intake.Reason{intake.BodyIncomplete}},
		{what: "half a chunk, and is gone", raw: post(created).inChunks().cutBy(9).bytes(), end: leaves, want: []intake.Reason{intake.BodyIncomplete}},
		{what: "an event, and is gone", raw: post(created).bytes(), end: leaves, want: stored, stored: [][]byte{created}},
	}
}

func framing() []hostile {
	stored, incomplete := []intake.Reason{intake.Stored}, []intake.Reason{intake.BodyIncomplete}
	chunks := start + signature(created) + "Transfer-Encoding: chunked\r\n"
	length := fmt.Sprintf("Content-Length: %d\r\n", len(created))
	all := []hostile{
		{what: "in chunks", raw: post(created).inChunks().bytes(), want: stored, stored: [][]byte{created}},
		{what: "in chunks with extensions and a trailer", raw: raw(chunks, "\r\n", chunked(created, ";a=b", "X-Trailer: 1\r\n")), want: stored, stored: [][]byte{created}},
		{
			what: "the signature in a trailer", want: []intake.Reason{intake.SignatureMissing},
			raw: raw(start, "Transfer-Encoding: chunked\r\nTrailer: X-SuperOffice-Signature\r\n\r\n", chunked(created, "", signature(created))),
		},
		{
			what: "`Content-Length` and chunks, and one more event behind them",
			raw:  raw(chunks, length, "\r\n", chunked(created, "", ""), post(another)), want: stored, stored: [][]byte{created},
		},
		{
			what: "`Content-Length` that ends within chunks", raw: raw(chunks, "Content-Length: 4\r\n\r\n", chunked(created, "", ""), post(another)),
			want: stored, stored: [][]byte{created},
		},
		{what: "`Content-Length` and chunks, and neither", raw: raw(chunks, length, "\r\n", created), want: incomplete},
		{what: "a body longer than its length", raw: raw(start, signature(created), "Content-Length: 2\r\n\r\n", created), want: []intake.Reason{intake.SignatureMismatch}, byServer: 400},
		{what: "a body without a length", raw: raw(start, signature(created), "\r\n", created), want: []intake.Reason{intake.SignatureMismatch}, byServer: 400},
		{what: "a body shorter than its length", raw: post(created).cutBy(1).bytes(), want: incomplete},
		{what: "the same length twice", raw: raw(start, signature(created), length, length, "\r\n", created), want: stored, stored: [][]byte{created}},
		{what: "a length of 1 MiB and a byte, and no body", raw: raw(start, "Content-Length: 1048577\r\n\r\n"), want: []intake.Reason{intake.BodyTooLarge}},
		{what: "a length of 2^63-1", raw: raw(start, "Content-Length: 9223372036854775807\r\n\r\n"), want: []intake.Reason{intake.BodyTooLarge}},
		{what: "more than 1 MiB in chunks", raw: post(large).inChunks().bytes(), want: []intake.Reason{intake.BodyTooLarge}},
		{what: "more than 1 MiB in chunks that never end", raw: post(large).inChunks().cutBy(5).bytes(), want: []intake.Reason{intake.BodyTooLarge}},
		{what: "cut off, and marked as a test", raw: unsigned(created).with("X-Hook-Test: true").cutBy(1).bytes(), want: incomplete},
	}
	for what, rest := range map[string]string{
		"a chunk without a length":          "\r\n" + string(created),
		"a chunk whose length is no number": "zz\r\n{}\r\n0\r\n\r\n",
		"a chunk with a negative length":    "-2\r\n{}\r\n0\r\n\r\n",
		"a chunk of 2^68 bytes":             "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
		"a chunk of 2^63-1 bytes":           "7fffffffffffffff\r\n{}\r\n0\r\n\r\n",
		"a chunk longer than its length":    "1\r\n{}\r\n0\r\n\r\n",
		"a chunk shorter than its length":   "3\r\n{}\r\n0\r\n\r\n",
		"chunks without the last":           "2\r\n{}\r\n",
		"the last chunk without its end":    "2\r\n{}\r\n0\r\n",
		"a chunk's extension of 64 KiB":     "2;" + strings.Repeat("x", 64<<10) + "\r\n{}\r\n0\r\n\r\n",
	} {
		all = append(all, hostile{what: what, raw: raw(chunks, "\r\n", rest), want: incomplete})
	}
	for _, lines := range []string{
		"Content-Length: 2\r\nContent-Length: 3\r\n", "Content-Length: 2, 2\r\n", "Content-Length: -1\r\n", "Content-Length: +2\r\n",
		"Content-Length: 0x2\r\n", "Content-Length: 9223372036854775808\r\n", "Content-Length:\r\n", "Content-Length: two\r\n",
		"Content-Length : 2\r\n", "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: \vchunked\r\n",
	} {
		all = append(all, hostile{what: code(lines), raw: raw(start, lines, "\r\n{}"), byServer: 400})
	}
	for _, lines := range []string{
		"Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding:\r\n",
	} {
		all = append(all, hostile{what: code(lines), raw: raw(start, lines, "\r\n", chunked([]byte("{}"), "", "")), byServer: 501})
	}
	return all
}

// code sets lines of a request as code.
func code(lines string) string {
	text := strings.ReplaceAll(strings.TrimSuffix(lines, "\r\n"), "\r\n", "`, `")
	return "`" + strings.NewReplacer("\v", `\v`, "\x00", `\0`).Replace(text) + "`"
}

func versions() []hostile {
	length := fmt.Sprintf("Content-Length: %d\r\n\r\n", len(created))
	old := "POST /webhook HTTP/1.0\r\n" + signature(created)
	return []hostile{
		{what: "HTTP/1.0", raw: raw(old, length, created), want: []intake.Reason{intake.Stored}, stored: [][]byte{created}},
		{
			what: "HTTP/1.0 with `Connection: keep-alive`, and one more", raw: raw(old, "Connection: keep-alive\r\n", length, created, post(another)),
			want: []intake.Reason{intake.Stored}, stored: [][]byte{created},
		},
		{
			what: "HTTP/1.0 in chunks, and one more", raw: raw(old, "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", chunked(created, "", ""), post(another)),
			want: []intake.Reason{intake.SignatureMismatch},
		},
		{
			what: "HTTP/1.0 with a length and in chunks, and one more",
			raw:  raw(old, "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n", length, created, post(another)), want: []intake.Reason{intake.Stored}, stored: [][]byte{created},
		},
		{what: "`Upgrade: h2c`", raw: post(created).with("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk").bytes(), want: []intake.Reason{intake.Stored}, stored: [][]byte{created}},
		{what: "`Upgrade: websocket`", raw: post(created).with("Connection: Upgrade", "Upgrade: websocket").bytes(), want: []intake.Reason{intake.Stored}, stored: [][]byte{created}},
		{what: "the preface of HTTP/2", raw: raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"), want: []intake.Reason{intake.PathUnknown}},
		{what: "HTTP/2.0 in the request line", raw: raw("POST /webhook HTTP/2.0\r\n" + host + "\r\n"), byServer: 505},
		{what: "HTTP/3.0 in the request line", raw: raw("POST /webhook HTTP/3.0\r\n" + host + "\r\n"), byServer: 505},
		{what: "HTTP/0.9", raw: raw("GET /webhook\r\n"), byServer: 400},
		{what: "no version that there is", raw: raw("POST /webhook HTTP/x\r\n" + host + "\r\n"), byServer: 400},
		{what: "the hello of TLS", raw: raw("\x16\x03\x01\x00\x05hello\r\n\r\n"), byServer: 400},
		{what: "another protocol", raw: raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"), byServer: 400},
		{
			what: "lines that end in LF alone", raw: raw(strings.ReplaceAll(start+signature(created)+length, "\r\n", "\n"), created),
			want: []intake.Reason{intake.Stored}, stored: [][]byte{created},
		},
		{what: "an empty line first", raw: raw("\r\n", post(created)), byServer: 400},
	}
}

func headers() []hostile {
	all := []hostile{
		{what: "one of 12 KiB", raw: post(created).with("X-Large: " + strings.Repeat("x", 12<<10)).bytes(), want: []intake.Reason{intake.Stored}, stored: [][]byte{created}},
		{what: "4 000 of a byte", raw: raw(start, strings.Repeat("X:\n", 4000), post(created).bytes()[len(start):]), want: []intake.Reason{intake.Stored}, stored: [][]byte{created}},
		{what: "7 000 of a byte", raw: post(created).with(slices.Repeat([]string{"X: "}, 7000)...).bytes(), byServer: 431},
		{what: "one of 16 KiB", raw: post(created).with("X-Large: " + strings.Repeat("x", 16<<10)).bytes(), byServer: 431},
		{what: "a line that never ends", raw: raw(start, "X-Large: ", strings.Repeat("x", 1<<20)), byServer: 431},
		{what: "a request line that never ends", raw: raw("POST /", strings.Repeat("x", 1<<20)), byServer: 431},
	}
	for _, lines := range []string{
		"Host: other\r\n", "X-A: \x00\r\n", "X-A : b\r\n", "X A: b\r\n", ": b\r\n", "no colon\r\n", "X-\xff: b\r\n",
	} {
		all = append(all, hostile{what: code(strings.ToValidUTF8(lines, `\xff`)), raw: raw(start, lines, "\r\n"), byServer: 400})
	}
	return append(all,
		hostile{what: "no `Host`", raw: raw("POST /webhook HTTP/1.1\r\n\r\n"), byServer: 400},
		hostile{what: "an empty `Host`", raw: bytes.Replace(post(created).bytes(), []byte(host), []byte("Host:\r\n"), 1), want: []intake.Reason{intake.Stored}, stored: [][]byte{created}},
		hostile{what: "a `Host` that is none", raw: bytes.Replace(post(created).bytes(), []byte(host), []byte("Host: a b/\\\r\n"), 1), byServer: 400},
		hostile{
			what: "names of our own, for what stands beside a stored event", raw: post(created).with("Received: never", "Nats-Msg-Id: 1", "Http-X: 1", "Nats-Expected-Last-Sequence: 99").bytes(),
			want: []intake.Reason{intake.Stored}, stored: [][]byte{created},
		},
	)
}

func expectations() []hostile {
	expects := func(r request) request { return r.with("Expect: 100-continue") }
	return []hostile{
		{what: "`100-continue`, and the body at once", raw: expects(post(created)).bytes(), invited: true, want: []intake.Reason{intake.Stored}, stored: [][]byte{created}},
		{what: "`100-continue` without a body", raw: expects(post(nil)).bytes(), want: []intake.Reason{intake.NoEvent}, dead: [][]byte{{}}},
		{what: "`100-continue`, and no body once invited", raw: expects(post(created)).cutBy(len(created)).bytes(), invited: true, want: []intake.Reason{intake.BodyIncomplete}},
		{what: "`100-continue` by HTTP/1.0", raw: bytes.Replace(expects(post(created)).bytes(), []byte("HTTP/1.1"), []byte("HTTP/1.0"), 1), want: []intake.Reason{intake.Stored}, stored: [][]byte{created}},
		{what: "`100-continue` for a body over the limit: not invited", raw: expects(post(large)).cutBy(len(large)).bytes(), want: []intake.Reason{intake.BodyTooLarge}},
		{what: "`100-continue` for a compressed one: not invited", raw: expects(post(created).with("Content-Encoding: gzip")).cutBy(len(created)).bytes(), want: []intake.Reason{intake.BodyCompressed}},
		{what: "`100-continue` to another path: not invited", raw: expects(post(created).to("/other")).cutBy(len(created)).bytes(), want: []intake.Reason{intake.PathUnknown}},
		{what: "`100-continue` by another method: not invited", raw: expects(post(created).by("PUT")).cutBy(len(created)).bytes(), want: []intake.Reason{intake.MethodNotAllowed}},
		{what: "anything else", raw: post(created).with("Expect: a miracle").bytes(), byServer: 417},
	}
}
