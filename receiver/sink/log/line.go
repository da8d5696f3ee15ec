// SPDX-License-Identifier: Apache-2.0

package log

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// line is what is written of an event.
type line struct {
	Time        string                     `json:"time,omitempty"`
	Webhook     string                     `json:"webhook,omitempty"`
	Event       string                     `json:"event"`
	ID          string                     `json:"id"`
	Tenant      string                     `json:"tenant,omitempty"`
	Record      string                     `json:"record"`
	ChangedBy   int64                      `json:"changedBy,omitempty"`
	Changes     []string                   `json:"changes,omitempty"`
	FieldValues map[string]json.RawMessage `json:"fieldValues,omitempty"`
	Values      map[string]json.RawMessage `json:"values,omitempty"`
	Body        json.RawMessage            `json:"body,omitempty"`
	TraceParent string                     `json:"traceparent,omitempty"`
}

// line puts an event into a line, line end included.
func (s *Sink) line(m sink.Message) ([]byte, error) {
	e, err := superoffice.Parse(m.Event.Raw)
	if err != nil {
		return nil, err
	}
	l := line{
		Webhook:     s.webhook,
		Event:       e.Name,
		ID:          e.DedupKey().String(),
		Tenant:      e.ContextIdentifier,
		Record:      e.RecordKey().String(),
		ChangedBy:   e.ChangedByAssociateID,
		Changes:     e.Changes,
		FieldValues: s.redact.values(e.FieldValues),
		Values:      s.redact.values(e.Values),
		TraceParent: m.Trace.Attempt,
	}
	if !e.Timestamp.IsZero() {
		l.Time = e.Timestamp.Format(time.RFC3339Nano)
	}
	if s.body {
		body, err := s.redact.body(e)
		if err != nil {
			return nil, err
		}
		l.Body = body
	}
	return encode(l)
}

// encode returns JSON with a line end.
func encode(v any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // nobody puts this into a page, and "<" is easier to read than "\u003c"
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return text.Bytes(), nil
}
