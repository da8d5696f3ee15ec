// SPDX-License-Identifier: Apache-2.0

package format

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
)

// Encoded is an event in the form of one format, for protocols that have a body and named properties beside it.
type Encoded struct {
	// Body to send.
	Body []byte
	// ContentType is its media type.
	ContentType string
	// Attributes are those of CloudEvents by their names, without the prefix that a protocol puts in front, and without
	// datacontenttype, which is the ContentType. CloudEventsBinary only.
	Attributes map[string]string
	// Header holds the headers of the original request that go on. Raw only.
	Header http.Header
	// TraceParent is the attempt's place in a distributed trace, for a header of that name; empty where it has none. Header
	// has no other one then.
	TraceParent string
}

// TraceParent is the name of the header of W3C Trace Context, in all protocols alike.
const TraceParent = "traceparent"

// Encode puts an event into a format.
func Encode(f config.Format, m sink.Message) (Encoded, error) {
	if f == config.Raw {
		header := Forwarded(m.Header)
		if m.Trace.Attempt != "" { // those of the request are of its own way here
			header.Del(TraceParent)
			header.Del("tracestate")
		}
		return Encoded{Body: m.Event.Raw, ContentType: header.Get("Content-Type"), Header: header, TraceParent: m.Trace.Attempt}, nil
	}
	if f == config.CloudEventsStructured {
		ce, err := CloudEvent(m.Event)
		if err != nil {
			return Encoded{}, err
		}
		body, err := json.Marshal(ce)
		if err != nil {
			return Encoded{}, fmt.Errorf("make a CloudEvent: %w", err)
		}
		return Encoded{Body: body, ContentType: event.ApplicationCloudEventsJSON, TraceParent: m.Trace.Attempt}, nil
	}
	ce, err := Traced(m)
	if err != nil {
		return Encoded{}, err
	}
	attributes, err := attributesOf(ce)
	return Encoded{Body: ce.DataEncoded, ContentType: ce.DataContentType(), Attributes: attributes, TraceParent: m.Trace.Attempt}, err
}

func attributesOf(ce event.Event) (map[string]string, error) {
	attributes := map[string]string{
		"specversion": ce.SpecVersion(),
		"id":          ce.ID(),
		"type":        ce.Type(),
		"source":      ce.Source(),
		"subject":     ce.Subject(),
	}
	if !ce.Time().IsZero() {
		attributes["time"] = types.FormatTime(ce.Time())
	}
	for name, value := range ce.Extensions() {
		text, err := types.Format(value)
		if err != nil {
			return nil, fmt.Errorf("make a CloudEvent: %s: %w", name, err)
		}
		attributes[name] = text
	}
	return attributes, nil
}
