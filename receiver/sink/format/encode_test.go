// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/sink/format"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func message(t *testing.T, body []byte) sink.Message {
	t.Helper()
	e, err := superoffice.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	return sink.Message{Event: e, Header: http.Header{
		"Content-Type":            {"application/json; charset=utf-8"},
		"Connection":              {"close, X-Hop"},
		"X-Hop":                   {"1"},
		"Authorization":           {"Basic eA=="},
		"X-Forwarded-For":         {"192.0.2.1"},
		"X-Superoffice-Signature": {"sig"},
	}}
}

func TestRawKeepsBytesAndTheHeadersThatSpeakOfTheEvent(t *testing.T) {
	body := fixtures.SignedBody()
	got, err := format.Encode(config.Raw, message(t, body))
	if err != nil {
		t.Fatal(err)
	}
	want := format.Encoded{
		Body:        body,
		ContentType: "application/json; charset=utf-8",
		Header:      http.Header{"Content-Type": {"application/json; charset=utf-8"}, "X-Superoffice-Signature": {"sig"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestBinaryKeepsBytesAndHasTheAttributesBesideThem(t *testing.T) {
	for name, body := range fixtures.All() {
		t.Run(name, func(t *testing.T) {
			m := message(t, body)
			got, err := format.Encode(config.CloudEventsBinary, m)
			if err != nil {
				t.Fatal(err)
			}
			want := format.Encoded{Body: body, ContentType: "application/json", Attributes: map[string]string{
				"specversion":  "1.0",
				"id":           m.Event.DedupKey().String(),
				"type":         "com.superoffice." + m.Event.Name,
				"source":       "/superoffice/" + m.Event.ContextIdentifier,
				"subject":      m.Event.Entity + "/" + jsonNumber(t, body, "PrimaryKey"),
				"time":         m.Event.Timestamp.Format(time.RFC3339Nano),
				"partitionkey": m.Event.RecordKey().String(),
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func jsonNumber(t *testing.T, body []byte, key string) string {
	t.Helper()
	var values map[string]json.RawMessage
	if err := json.Unmarshal(body, &values); err != nil {
		t.Fatal(err)
	}
	return string(values[key])
}

func TestStructuredIsReadBackByTheSDK(t *testing.T) {
	m := message(t, fixtures.SignedBody())
	got, err := format.Encode(config.CloudEventsStructured, m)
	if err != nil {
		t.Fatal(err)
	}
	if got.ContentType != event.ApplicationCloudEventsJSON || got.Attributes != nil || got.Header != nil {
		t.Errorf("%+v", got)
	}
	var ce event.Event
	if err := json.Unmarshal(got.Body, &ce); err != nil {
		t.Fatal(err)
	}
	var was, is any
	if err := json.Unmarshal(m.Event.Raw, &was); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(ce.Data(), &is); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was, is); diff != "" || ce.ID() != m.Event.DedupKey().String() {
		t.Errorf("id %s, data (-want +got)\n%s", ce.ID(), diff)
	}
}

func TestTheMessageIsNotChanged(t *testing.T) {
	for _, f := range []config.Format{config.Raw, config.CloudEventsBinary, config.CloudEventsStructured} {
		m := message(t, fixtures.SignedBody())
		header := m.Header.Clone()
		if _, err := format.Encode(f, m); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Event.Raw, fixtures.SignedBody()) || !cmp.Equal(header, m.Header) {
			t.Errorf("%s changed the message", f)
		}
	}
}
