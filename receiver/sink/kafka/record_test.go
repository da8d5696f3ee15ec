// SPDX-License-Identifier: Apache-2.0

package kafka

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

type pair struct{ Name, Value string }

func headers(r *kgo.Record) []pair {
	var all []pair
	for _, h := range r.Headers {
		all = append(all, pair{h.Key, string(h.Value)})
	}
	return all
}

// sent sends an event in a format, and returns what a consumer gets.
func sent(t *testing.T, f config.Format, m sink.Message) *kgo.Record {
	t.Helper()
	_, broker := start(t)
	s := open(t, broker, func(o *Options) { o.Format = f })
	wantDelivered(t, s.Send(t.Context(), m))
	records := stored(t, broker, 1)
	if len(records) != 1 {
		t.Fatalf("%d records, want 1", len(records))
	}
	if key := string(records[0].Key); key != m.Event.RecordKey().String() {
		t.Errorf("key %q", key)
	}
	return records[0]
}

func TestRawIsTheBodyWithTheOriginalHeaders(t *testing.T) {
	t.Parallel()
	body := fixtures.SignedBody()
	if !bytes.Contains(body, []byte("\r\n")) {
		t.Fatal("the sample is to have CRLF line ends")
	}
	m := message(t, body)
	got := sent(t, config.Raw, m)
	if !bytes.Equal(got.Value, body) {
		t.Errorf("the body changed:\n%q", got.Value)
	}
	want := []pair{
		{"Idempotency-Key", m.Event.DedupKey().String()},
		{"Content-Type", "application/json; charset=utf-8"},
		{"X-Custom", "a"},
		{"X-Custom", "b"},
		{"X-Superoffice-Event", "associate.created"},
		{"X-Superoffice-Signature", fixtures.SignedSignature},
	}
	if diff := cmp.Diff(want, headers(got)); diff != "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
	secret := superoffice.NewSecret([]byte(fixtures.SignedSecret))
	if _, err := superoffice.Verify([]superoffice.Secret{secret}, got.Value, headers(got)[5].Value); err != nil {
		t.Errorf("a consumer can't verify the signature: %v", err)
	}
}

func TestBinaryIsTheBodyWithTheAttributesAsHeaders(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want []pair
	}{
		"an event like most": {
			"{\r\n  \"Event\": \"activity.created\", \"EventId\": \"1\", \"Entity\": \"activity\", \"PrimaryKey\": 7,\r\n" +
				"  \"ContextIdentifier\": \"Cust12345\", \"Timestamp\": \"2026-02-03T04:05:06.1234567Z\", \"Note\": \"<b>&\"}",
			[]pair{
				{"Idempotency-Key", "1/activity.created"},
				{"content-type", "application/json"},
				{"ce_id", "1/activity.created"},
				{"ce_partitionkey", "Cust12345/activity/7"},
				{"ce_source", "/superoffice/Cust12345"},
				{"ce_specversion", "1.0"},
				{"ce_subject", "activity/7"},
				{"ce_time", "2026-02-03T04:05:06.1234567Z"},
				{"ce_type", "com.superoffice.activity.created"},
			},
		},
		"one with letters beyond ASCII, which Kafka takes as they are": {
			`{"Event":"y_Größe.created","EventId":"ü","Entity":"y_Größe","PrimaryKey":7,"ContextIdentifier":"Kåre"}`,
			[]pair{
				{"Idempotency-Key", "ü/y_Größe.created"},
				{"content-type", "application/json"},
				{"ce_id", "ü/y_Größe.created"},
				{"ce_partitionkey", "Kåre/y_Größe/7"},
				{"ce_source", "/superoffice/K%C3%A5re"},
				{"ce_specversion", "1.0"},
				{"ce_subject", "y_Größe/7"},
				{"ce_type", "com.superoffice.y_Größe.created"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sent(t, config.CloudEventsBinary, message(t, []byte(tc.body)))
			if string(got.Value) != tc.body {
				t.Errorf("the body changed:\n%q", got.Value)
			}
			if diff := cmp.Diff(tc.want, headers(got)); diff != "" {
				t.Errorf("headers (-want +got)\n%s", diff)
			}
		})
	}
}

func TestStructuredIsOneDocument(t *testing.T) {
	t.Parallel()
	body := `{"Event":"activity.created","EventId":"1","Entity":"activity","PrimaryKey":7,"ContextIdentifier":"Cust12345"}`
	got := sent(t, config.CloudEventsStructured, message(t, []byte(body)))
	want := []pair{{"Idempotency-Key", "1/activity.created"}, {"content-type", "application/cloudevents+json"}}
	if diff := cmp.Diff(want, headers(got)); diff != "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
	wantDocument := `{"specversion":"1.0","id":"1/activity.created","type":"com.superoffice.activity.created",
		"source":"/superoffice/Cust12345","subject":"activity/7","datacontenttype":"application/json",
		"partitionkey":"Cust12345/activity/7","data":` + body + "}"
	if diff := cmp.Diff(values(t, []byte(wantDocument)), values(t, got.Value)); diff != "" {
		t.Errorf("document (-want +got)\n%s", diff)
	}
}

func values(t *testing.T, document []byte) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(document, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// Every sample reaches a consumer byte for byte.
func TestAllSamples(t *testing.T) {
	t.Parallel()
	_, broker := start(t)
	want := map[string]string{}
	for _, f := range []config.Format{config.Raw, config.CloudEventsBinary} {
		s := open(t, broker, func(o *Options) { o.Format = f })
		for _, body := range fixtures.All() {
			m := message(t, body)
			wantDelivered(t, s.Send(t.Context(), m))
			want[m.Event.DedupKey().String()] = string(body)
		}
	}
	records := stored(t, broker, 2*len(fixtures.All()))
	got := map[string]string{}
	for _, r := range records {
		got[headers(r)[0].Value] = string(r.Value)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A consumer that lacks a library for compressed batches reads them, too.
func TestRecordsAreNotCompressed(t *testing.T) {
	t.Parallel()
	_, broker := start(t)
	s := open(t, broker)
	wantDelivered(t, s.Send(t.Context(), large(t, 10_000)))
	if r := stored(t, broker, 1)[0]; r.Attrs.CompressionType() != 0 {
		t.Errorf("compression %d", r.Attrs.CompressionType())
	}
}
