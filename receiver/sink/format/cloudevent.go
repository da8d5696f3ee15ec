// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"net/url"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// Traced is CloudEvent with the trace that the event began in (CloudEvents' extension for distributed tracing). It is for
// formats that leave the body alone: the trace is no part of what happened, and no part of what is signed.
func Traced(m sink.Message) (event.Event, error) {
	ce, err := CloudEvent(m.Event)
	if err == nil && m.Trace.Receipt != "" {
		ce.SetExtension(TraceParent, m.Trace.Receipt)
	}
	return ce, err
}

// CloudEvent gives an event the attributes of CloudEvents 1.0. The id is the deduplication key and not the EventId
// alone, because source and id together must be unique and SuperOffice's samples show one EventId under two events. The
// error says which attribute the specification does not allow.
func CloudEvent(e *superoffice.Event) (event.Event, error) {
	ce := event.New()
	ce.SetID(e.DedupKey().String())
	ce.SetType("com.superoffice." + e.Name)
	ce.SetSource("/superoffice/" + url.PathEscape(e.ContextIdentifier))
	ce.SetSubject(fmt.Sprintf("%s/%d", e.Entity, e.PrimaryKey))
	if !e.Timestamp.IsZero() {
		ce.SetTime(e.Timestamp)
	}
	ce.SetDataContentType(event.ApplicationJSON)
	ce.SetExtension("partitionkey", e.RecordKey().String())
	ce.DataEncoded = e.Raw
	if err := ce.Validate(); err != nil {
		return ce, fmt.Errorf("make a CloudEvent: %w", err)
	}
	return ce, nil
}
