// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"bytes"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Message is one verified request, as it was received.
type Message struct {
	// Body, byte for byte.
	Body []byte
	// Header as received, save what ends with the request.
	Header http.Header
	// Received is when the request arrived.
	Received time.Time
	// Trace is where its receipt stands in a distributed trace, as W3C Trace Context writes it (traceparent); empty: in none.
	Trace string
}

// How a message is laid down in a stream: a block of headers, an empty line, and the body. A cluster is told which is which, since
// its servers look for the key. The engine in this process is not, as it would look through the headers twenty times for what they
// might ask of it, which takes a twentieth of all that is done for an event (nats-server v2.15).
const (
	headerBlock    = "NATS/1.0\r\n" // how it begins
	headerReceived = "Received"     // RFC 3339 with nanoseconds
	headerReplayed = "Replayed"     // likewise, on replayed messages
	headerTrace    = "Trace"        // traceparent, on traced messages
	headerPrefix   = "Http-"        // before each header of the request
)

// record is a message on its way into a stream.
type record struct {
	subject string
	own     []field // headers of the queue's own
	request http.Header
	body    []byte
}

type field struct{ name, value string }

func (m *Message) encode(subject string) *record {
	r := &record{subject: subject, request: m.Header, body: m.Body, own: make([]field, 0, 4)}
	r.set(headerReceived, m.Received.UTC().Format(time.RFC3339Nano))
	if m.Trace != "" {
		r.set(headerTrace, m.Trace)
	}
	return r
}

// set adds a header that is not there yet.
func (r *record) set(name, value string) { r.own = append(r.own, field{name, value}) }

// message is what the client library sends.
func (r *record) message() *nats.Msg {
	msg := nats.NewMsg(r.subject)
	msg.Data = r.body
	for _, f := range r.own {
		msg.Header[f.name] = []string{f.value}
	}
	for name, values := range r.request {
		msg.Header[headerPrefix+name] = values
	}
	return msg
}

// appendHeader writes the block of headers as the client library does.
func (r *record) appendHeader(to []byte) []byte {
	to = append(to, headerBlock...)
	for _, f := range r.own {
		to = appendField(to, "", f.name, f.value)
	}
	for name, values := range r.request {
		for _, value := range values {
			to = appendField(to, headerPrefix, name, value)
		}
	}
	return append(to, "\r\n"...)
}

func appendField(to []byte, prefix, name, value string) []byte {
	to = append(to, prefix...)
	to = append(to, name...)
	to = append(to, ": "...)
	if strings.IndexByte(value, '\r') >= 0 || strings.IndexByte(value, '\n') >= 0 { // rare, and dear to look for with the replacer
		value = onOneLine.Replace(value)
	}
	to = append(to, textproto.TrimString(value)...)
	return append(to, "\r\n"...)
}

// onOneLine takes out what would end the line.
var onOneLine = strings.NewReplacer("\r", " ", "\n", " ")

// unfold returns all headers of a stored message, and its body. A payload that does not begin with a block of them is a body.
func unfold(header nats.Header, payload []byte) (all nats.Header, body []byte) {
	if len(header) > 0 || !bytes.HasPrefix(payload, []byte(headerBlock)) {
		return header, payload
	}
	_, body, _ = bytes.Cut(payload, []byte("\r\n\r\n"))
	all, err := nats.DecodeHeadersMsg(payload[:len(payload)-len(body)])
	if err != nil { // nothing here writes such a block
		return header, payload
	}
	return all, body
}

// decode reads a message that was stored at a time, which is as good as that of its receipt where that cannot be read. It returns it
// with all headers beside it.
func decode(header nats.Header, payload []byte, stored time.Time) (Message, nats.Header) {
	all, body := unfold(header, payload)
	m := Message{Body: body, Header: http.Header{}, Received: stored, Trace: all.Get(headerTrace)}
	for name, values := range all {
		if original, ok := strings.CutPrefix(name, headerPrefix); ok {
			m.Header[original] = values
		}
	}
	if received, err := time.Parse(time.RFC3339Nano, all.Get(headerReceived)); err == nil {
		m.Received = received
	}
	return m, all
}

// replayedAt is when a message was replayed; zero when it was not.
func replayedAt(header nats.Header) time.Time {
	text := header.Get(headerReplayed)
	if text == "" { // as nearly always; an error takes time to make
		return time.Time{}
	}
	at, _ := time.Parse(time.RFC3339Nano, text) // zero, too, when it is no time
	return at
}
