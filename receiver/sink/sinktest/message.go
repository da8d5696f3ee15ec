// SPDX-License-Identifier: Apache-2.0

package sinktest

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// Message is an event with headers as SuperOffice and a proxy send them, and with more.
func Message(t *testing.T, body []byte, more http.Header) sink.Message {
	t.Helper()
	event, err := superoffice.Identify(body)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{
		"Content-Type":            {"application/json; charset=utf-8"},
		"X-Superoffice-Event":     {event.Name},
		"X-Superoffice-Signature": {fixtures.SignedSignature},
		"X-Custom":                {"a", "b"},
		"Authorization":           {"Bearer secret"},
	}
	maps.Copy(header, more)
	return sink.Message{Event: event, Header: header}
}

// Numbered is the body of a small event that is told from others by its id.
func Numbered(n int) []byte {
	return fmt.Appendf(nil, `{"Event":"activity.created","EventId":"%d","Entity":"activity","PrimaryKey":1}`, n)
}

// Large is the body of an event of about so many bytes.
func Large(size int) []byte {
	return fmt.Appendf(nil, `{"Event":"activity.created","EventId":"large","Note":"%s"}`, bytes.Repeat([]byte("x"), size))
}

// CloseAfter closes a sink once the test is over.
func CloseAfter(t *testing.T, s sink.Sink) {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
