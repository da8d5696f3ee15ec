// SPDX-License-Identifier: Apache-2.0

package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestRaw(t *testing.T) {
	t.Parallel()
	e := serve(t, nil)
	s := open(t, e.URL+"/hook?tenant=1", func(o *Options) {
		o.Header = http.Header{"X-Custom": {"configured"}, "x-api-key": {"key"}, "Authorization": {"Bearer ours"}}
	})
	body := fixtures.SignedBody()
	if !bytes.Contains(body, []byte("\r\n")) {
		t.Fatal("the sample is to have CRLF line ends")
	}
	m := message(t, body)
	if o := s.Send(t.Context(), m); o != (sink.Delivered{}) {
		t.Fatalf("%#v", o)
	}
	got := e.only(t)
	if !bytes.Equal(got.body, body) {
		t.Errorf("the body changed:\n%q", got.body)
	}
	if got.method != http.MethodPost || got.path != "/hook?tenant=1" || got.length != int64(len(body)) || "http://"+got.host != e.URL {
		t.Errorf("%s %s with length %d to %s", got.method, got.path, got.length, got.host)
	}
	if _, err := superoffice.Verify([]superoffice.Secret{superoffice.NewSecret([]byte(fixtures.SignedSecret))}, got.body,
		got.header.Get(superoffice.HeaderSignature)); err != nil {
		t.Errorf("the sink can't verify the signature: %v", err)
	}
	delete(got.header, "Accept-Encoding") // Go's own
	want := http.Header{
		"Content-Type":            {"application/json; charset=utf-8"},
		"Content-Length":          got.header["Content-Length"],
		"User-Agent":              {"NetServer-Webhook/8.8.6684.1719"},
		"X-Superoffice-Event":     {m.Event.Name},
		"X-Superoffice-Eventid":   {m.Event.ID},
		"X-Superoffice-Signature": {fixtures.SignedSignature},
		"X-Custom":                {"configured"},
		"X-Api-Key":               {"key"},
		"Authorization":           {"Bearer ours"},
		"Idempotency-Key":         {m.Event.ID + "/" + m.Event.Name},
	}
	if diff := cmp.Diff(want, got.header); diff != "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
}

// Every sample in each CloudEvents form is read back with the CloudEvents SDK.
func TestCloudEvents(t *testing.T) {
	t.Parallel()
	for name, body := range fixtures.All() {
		for _, f := range []config.Format{config.CloudEventsBinary, config.CloudEventsStructured} {
			t.Run(name+" as "+string(f), func(t *testing.T) {
				t.Parallel()
				e := serve(t, nil)
				s := open(t, e.URL, as(f))
				m := message(t, body)
				if o := s.Send(t.Context(), m); o != (sink.Delivered{}) {
					t.Fatalf("%#v", o)
				}
				got := e.only(t)
				ce := parse(t, got)
				wantAttributes(t, ce, m.Event)
				if f == config.CloudEventsBinary && !bytes.Equal(ce.Data(), body) {
					t.Errorf("the body changed:\n%s", ce.Data())
				}
				if !sameJSON(t, ce.Data(), body) {
					t.Errorf("the data is another JSON value:\n%s", ce.Data())
				}
				if got.header.Get("Idempotency-Key") != ce.ID() {
					t.Errorf("Idempotency-Key %q, id %q", got.header.Get("Idempotency-Key"), ce.ID())
				}
				if got.header.Get("X-Custom") != "" || got.header.Get("X-Superoffice-Signature") != "" {
					t.Errorf("headers of the original request went on: %v", got.header)
				}
			})
		}
	}
}

func parse(t *testing.T, r received) *event.Event {
	t.Helper()
	m := cehttp.NewMessage(r.header, readCloser{bytes.NewReader(r.body)})
	ce, err := binding.ToEvent(t.Context(), m)
	if err != nil {
		t.Fatalf("not a CloudEvent: %v\n%v\n%s", err, r.header, r.body)
	}
	if err := ce.Validate(); err != nil {
		t.Errorf("invalid: %v", err)
	}
	return ce
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func wantAttributes(t *testing.T, ce *event.Event, e *superoffice.Event) {
	t.Helper()
	want := map[string]any{
		"specversion": "1.0",
		"id":          e.DedupKey().String(),
		"type":        "com.superoffice." + e.Name,
		"source":      "/superoffice/" + e.ContextIdentifier,
		"subject":     fmt.Sprintf("%s/%d", e.Entity, e.PrimaryKey),
		"contenttype": "application/json",
		"extensions":  map[string]any{"partitionkey": e.RecordKey().String()},
		"time":        e.Timestamp.UTC().Format(time.RFC3339Nano),
	}
	got := map[string]any{
		"specversion": ce.SpecVersion(),
		"id":          ce.ID(),
		"type":        ce.Type(),
		"source":      ce.Source(),
		"subject":     ce.Subject(),
		"contenttype": ce.DataContentType(),
		"extensions":  ce.Extensions(),
		"time":        ce.Time().UTC().Format(time.RFC3339Nano),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes (-want +got)\n%s", diff)
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var va, vb any
	for raw, into := range map[*[]byte]*any{&a: &va, &b: &vb} {
		d := json.NewDecoder(bytes.NewReader(*raw))
		d.UseNumber() // no digit may be lost
		if err := d.Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return cmp.Equal(va, vb)
}

func TestStructuredEnvelope(t *testing.T) {
	t.Parallel()
	e := serve(t, nil)
	s := open(t, e.URL, as(config.CloudEventsStructured))
	body := []byte("{\r\n  \"Event\": \"activity.created\", \"EventId\": \"1\", \"Entity\": \"activity\", \"PrimaryKey\": 12345678901234567,\r\n" +
		"  \"ContextIdentifier\": \"Cust12345\", \"Timestamp\": \"2026-02-03T04:05:06.1234567Z\", \"Note\": \"<b>&\"}")
	if o := s.Send(t.Context(), message(t, body)); o != (sink.Delivered{}) {
		t.Fatalf("%#v", o)
	}
	got := e.only(t)
	if ct := got.header.Get("Content-Type"); ct != "application/cloudevents+json" {
		t.Errorf("Content-Type %q", ct)
	}
	want := `{"specversion":"1.0","id":"1/activity.created","type":"com.superoffice.activity.created",
		"source":"/superoffice/Cust12345","subject":"activity/12345678901234567","time":"2026-02-03T04:05:06.1234567Z",
		"datacontenttype":"application/json","partitionkey":"Cust12345/activity/12345678901234567","data":` + string(body) + "}"
	if !sameJSON(t, got.body, []byte(want)) {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
}

func TestOddEvents(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"without anything but its name":    `{"Event":"activity.created"}`,
		"of a tenant with an odd name":     `{"Event":"activity.created","EventId":"1","ContextIdentifier":"Kåre & sønner/1 %"}`,
		"with an id that is no GUID":       `{"Event":"activity.created","EventId":"a b\"c\\ü"}`,
		"with a time that is none":         `{"Event":"activity.created","EventId":"1","Timestamp":"yesterday"}`,
		"at the time that stands for none": `{"Event":"activity.created","EventId":"1","Timestamp":"0001-01-01T00:00:00"}`,
	} {
		for _, f := range []config.Format{config.Raw, config.CloudEventsBinary, config.CloudEventsStructured} {
			t.Run(name+" as "+string(f), func(t *testing.T) {
				t.Parallel()
				e := serve(t, nil)
				s := open(t, e.URL, as(f))
				if o := s.Send(t.Context(), message(t, []byte(body))); o != (sink.Delivered{}) {
					t.Fatalf("%#v", o)
				}
				got := e.only(t)
				if f != config.Raw {
					parse(t, got)
				}
				if f != config.CloudEventsStructured && string(got.body) != body {
					t.Errorf("the body changed: %s", got.body)
				}
			})
		}
	}
}

func TestConfiguredHeadersWin(t *testing.T) {
	t.Parallel()
	for _, f := range []config.Format{config.Raw, config.CloudEventsBinary, config.CloudEventsStructured} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			e := serve(t, nil)
			ours := http.Header{"content-type": {"text/plain"}, "User-Agent": {"ours"}, "Idempotency-Key": {"ours"}, "X-Key": {"1", "2"}}
			s := open(t, e.URL, as(f), func(o *Options) { o.Header = ours })
			if o := s.Send(t.Context(), message(t, sample(t))); o != (sink.Delivered{}) {
				t.Fatalf("%#v", o)
			}
			got := e.only(t).header
			for name, want := range ours {
				if diff := cmp.Diff(want, got.Values(name)); diff != "" {
					t.Errorf("%s (-want +got)\n%s", name, diff)
				}
			}
		})
	}
}
