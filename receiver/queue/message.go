// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Message is one verified request, as it was received.
type Message struct {
	// Body, byte for byte.
	Body []byte
	// Header as received.
	Header http.Header
	// Received is when the request arrived.
	Received time.Time
	// Trace is where its receipt stands in a distributed trace, as W3C Trace Context writes it (traceparent); empty: in none.
	Trace string
}

// How a message is laid down in a stream: the body is the payload, everything else stands in headers.
const (
	headerReceived = "Received" // RFC 3339 with nanoseconds
	headerReplayed = "Replayed" // likewise, on replayed messages
	headerTrace    = "Trace"    // traceparent, on traced messages
	headerPrefix   = "Http-"    // before each header of the request
)

func (m *Message) encode(subject string) *nats.Msg {
	msg := nats.NewMsg(subject)
	msg.Data = m.Body
	msg.Header[headerReceived] = []string{m.Received.UTC().Format(time.RFC3339Nano)}
	if m.Trace != "" {
		msg.Header[headerTrace] = []string{m.Trace}
	}
	for name, values := range m.Header {
		msg.Header[headerPrefix+name] = values
	}
	return msg
}

func decode(header nats.Header, body []byte) (Message, error) {
	m := Message{Body: body, Header: http.Header{}, Trace: header.Get(headerTrace)}
	for name, values := range header {
		if original, ok := strings.CutPrefix(name, headerPrefix); ok {
			m.Header[original] = values
		}
	}
	var err error
	if m.Received, err = time.Parse(time.RFC3339Nano, header.Get(headerReceived)); err != nil {
		return m, fmt.Errorf("read the time of receipt of a stored message: %w", err)
	}
	return m, nil
}
