// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/format"
)

const (
	// headerContentType is in lower case: NATS keeps the case, and CloudEvents' SDK for Go looks for this one.
	headerContentType = "content-type"
	// attributePrefix stands before the attributes of CloudEvents.
	attributePrefix = "ce-"
	// orderPrefix begins the names of headers that are orders to the server, like Nats-Rollup, which empties a subject.
	orderPrefix = "nats-"
)

// newMessage puts an event into a message.
func newMessage(o Options, m sink.Message) (*nats.Msg, error) {
	encoded, err := format.Encode(o.Format, m)
	if err != nil {
		return nil, err
	}
	message := &nats.Msg{Subject: subject(o.Subject, m.Event), Data: encoded.Body, Header: nats.Header{}}
	for name, values := range encoded.Header {
		if !strings.HasPrefix(strings.ToLower(name), orderPrefix) {
			message.Header[name] = values
		}
	}
	for name, value := range encoded.Attributes {
		message.Header.Set(attributePrefix+name, percentEncode(value))
	}
	if o.Format != config.Raw {
		message.Header.Set(headerContentType, encoded.ContentType)
	}
	if o.Format == config.CloudEventsBinary {
		message.Header.Set(attributePrefix+"datacontenttype", encoded.ContentType)
	}
	if encoded.TraceParent != "" {
		message.Header[format.TraceParent] = []string{encoded.TraceParent}
	}
	message.Header.Set(jetstream.MsgIDHeader, m.Event.DedupKey().String())
	if o.Stream != "" {
		message.Header.Set(jetstream.ExpectedStreamHeader, o.Stream)
	}
	return message, nil
}

// percentEncode makes a header's value as §3.1.3.2 of the binding asks for.
func percentEncode(value string) string {
	var text strings.Builder
	for _, b := range []byte(value) {
		if b <= ' ' || b > '~' || b == '"' || b == '%' {
			fmt.Fprintf(&text, "%%%02X", b)
		} else {
			text.WriteByte(b)
		}
	}
	return text.String()
}
