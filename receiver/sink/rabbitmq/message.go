// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"errors"
	"fmt"
	"math"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/format"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	// attributePrefix stands before the attributes of CloudEvents.
	attributePrefix = "cloudEvents_"
	// maxShort is the longest text that AMQP has for names and properties, in bytes.
	maxShort = 255
)

// message is an event as it is published.
type message struct {
	amqp.Publishing
	key string
}

// newMessage puts an event into a message. The error says what has no room in it.
func newMessage(o Options, m sink.Message) (*message, error) {
	encoded, err := format.Encode(o.Format, m)
	if err != nil {
		return nil, err
	}
	result := &message{key: routingKey(o.RoutingKey, m.Event), Publishing: amqp.Publishing{
		Headers:      amqp.Table{},
		ContentType:  encoded.ContentType,
		DeliveryMode: amqp.Persistent,
		MessageId:    m.Event.DedupKey().String(),
		Type:         m.Event.Name,
		AppId:        connectionName,
		Body:         encoded.Body,
	}}
	if m.Event.Timestamp.Unix() > 0 { // AMQP knows no time before 1970
		result.Timestamp = m.Event.Timestamp
	}
	for name, value := range encoded.Attributes {
		result.Headers[attributePrefix+name] = value
	}
	for name, values := range encoded.Header {
		if !isOrder(name) {
			result.Headers[name] = strings.Join(values, ", ")
		}
	}
	if encoded.TraceParent != "" {
		result.Headers[format.TraceParent] = encoded.TraceParent
	}
	if err := result.validate(); err != nil {
		return nil, err
	}
	return result, nil
}

// isOrder tells whether a header is an order to the server: to publish to more routing keys. Only the body of a request is
// signed, so nobody can give it one.
func isOrder(name string) bool {
	return strings.EqualFold(name, "CC") || strings.EqualFold(name, "BCC")
}

func (m *message) validate() error {
	for what, text := range map[string]string{
		"routing key": m.key, "message id": m.MessageId, "type": m.Type, "content type": m.ContentType,
	} {
		if len(text) > maxShort {
			return fmt.Errorf("the %s has more than %d bytes", what, maxShort)
		}
	}
	for name := range m.Headers {
		if len(name) > maxShort {
			return fmt.Errorf("the name of a header has more than %d bytes", maxShort)
		}
	}
	return nil
}

// overhead is the size of the frame that holds all properties, in bytes. It is a little more than that.
func (m *message) overhead() int {
	const fixed = 64
	size := fixed + len(m.ContentType) + len(m.MessageId) + len(m.Type) + len(m.AppId)
	for name, value := range m.Headers {
		size += len(name) + len(value.(string)) + 6
	}
	return size
}

// routingKey fills the placeholders of a routing key in. A key that gets too long is told of the event, not cut.
func routingKey(template string, e *superoffice.Event) string {
	return format.Fill(template, e, math.MaxInt)
}

func validateRoutingKey(template string) error {
	filled := routingKey(template, &superoffice.Event{Name: "a.b", ContextIdentifier: "c", Entity: "d"})
	switch {
	case len(template) > maxShort:
		return errors.New("it has more than 255 bytes")
	case strings.ContainsAny(filled, "{}"):
		return errors.New("its placeholders are {event}, {tenant} and {entity}")
	}
	return nil
}
