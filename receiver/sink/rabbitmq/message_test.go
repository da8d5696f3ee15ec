// SPDX-License-Identifier: Apache-2.0

package rabbitmq

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func in(f config.Format) func(*Options) { return func(o *Options) { o.Format = f } }

// received is what a consumer gets to see of a message.
type received struct {
	Exchange, Key, ContentType, ID, Type, App string
	Mode                                      uint8
	Time                                      time.Time
	Headers                                   amqp.Table
}

// sent sends an event in a format, and returns what a consumer gets.
func sent(t *testing.T, f config.Format, m sink.Message) (received, []byte) {
	t.Helper()
	address := server(t)
	name := t.Name()
	admin := administrator(t, address)
	queue(t, admin, name, name, "#")
	wantDelivered(t, open(t, address, to(name, ""), in(f)).Send(t.Context(), m))
	d := consumed(t, admin, name, 1)[0]
	return received{
		d.Exchange, d.RoutingKey, d.ContentType, d.MessageId, d.Type, d.AppId, d.DeliveryMode, d.Timestamp.UTC(), d.Headers,
	}, d.Body
}

func TestRawIsTheBodyWithTheOriginalHeaders(t *testing.T) {
	t.Parallel()
	body := fixtures.SignedBody()
	if !bytes.Contains(body, []byte("\r\n")) {
		t.Fatal("the sample is to have CRLF line ends")
	}
	m := event(t, body)
	got, gotBody := sent(t, config.Raw, m)
	if !bytes.Equal(gotBody, body) {
		t.Errorf("the body changed:\n%q", gotBody)
	}
	want := received{
		Exchange: t.Name(), Key: "associate.created", ContentType: "application/json; charset=utf-8",
		ID: m.Event.DedupKey().String(), Type: "associate.created", App: "superoffice-webhook-receiver", Mode: 2,
		Time: m.Event.Timestamp.Truncate(time.Second),
		Headers: amqp.Table{
			"Content-Type":            "application/json; charset=utf-8",
			"X-Custom":                "a, b",
			"X-Superoffice-Event":     "associate.created",
			"X-Superoffice-Signature": fixtures.SignedSignature,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	secret := superoffice.NewSecret([]byte(fixtures.SignedSecret))
	if _, err := superoffice.Verify([]superoffice.Secret{secret}, gotBody, got.Headers["X-Superoffice-Signature"].(string)); err != nil {
		t.Errorf("a consumer can't verify the signature: %v", err)
	}
}

func TestBinaryIsTheBodyWithTheAttributesAsHeaders(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want received
	}{
		"an event like most": {
			"{\r\n  \"Event\": \"activity.created\", \"EventId\": \"1\", \"Entity\": \"activity\", \"PrimaryKey\": 7,\r\n" +
				"  \"ContextIdentifier\": \"Cust12345\", \"Timestamp\": \"2026-02-03T04:05:06.1234567Z\", \"Note\": \"<b>&\"}",
			received{
				Key: "activity.created", ID: "1/activity.created", Type: "activity.created",
				Time: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC),
				Headers: amqp.Table{
					"cloudEvents_id":           "1/activity.created",
					"cloudEvents_partitionkey": "Cust12345/activity/7",
					"cloudEvents_source":       "/superoffice/Cust12345",
					"cloudEvents_specversion":  "1.0",
					"cloudEvents_subject":      "activity/7",
					"cloudEvents_time":         "2026-02-03T04:05:06.1234567Z",
					"cloudEvents_type":         "com.superoffice.activity.created",
				},
			},
		},
		"one with letters beyond ASCII and a time before AMQP's": {
			`{"Event":"y_Größe.created","EventId":"ü","Entity":"y_Größe","PrimaryKey":7,"ContextIdentifier":"Kåre","Timestamp":"1969-12-31T00:00:00Z"}`,
			received{
				Key: "y_Gr__e.created", ID: "ü/y_Größe.created", Type: "y_Größe.created",
				Headers: amqp.Table{
					"cloudEvents_id":           "ü/y_Größe.created",
					"cloudEvents_partitionkey": "Kåre/y_Größe/7",
					"cloudEvents_source":       "/superoffice/K%C3%A5re",
					"cloudEvents_specversion":  "1.0",
					"cloudEvents_subject":      "y_Größe/7",
					"cloudEvents_time":         "1969-12-31T00:00:00Z",
					"cloudEvents_type":         "com.superoffice.y_Größe.created",
				},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, body := sent(t, config.CloudEventsBinary, event(t, []byte(tc.body)))
			if string(body) != tc.body {
				t.Errorf("the body changed:\n%q", body)
			}
			tc.want.Exchange, tc.want.ContentType, tc.want.App, tc.want.Mode = t.Name(), "application/json", "superoffice-webhook-receiver", 2
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestStructuredIsOneDocument(t *testing.T) {
	t.Parallel()
	body := `{"Event":"activity.created","EventId":"1","Entity":"activity","PrimaryKey":7,"ContextIdentifier":"Cust12345"}`
	got, document := sent(t, config.CloudEventsStructured, event(t, []byte(body)))
	want := received{
		Exchange: t.Name(), Key: "activity.created", ContentType: "application/cloudevents+json",
		ID: "1/activity.created", Type: "activity.created", App: "superoffice-webhook-receiver", Mode: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	wantDocument := `{"specversion":"1.0","id":"1/activity.created","type":"com.superoffice.activity.created",
		"source":"/superoffice/Cust12345","subject":"activity/7","datacontenttype":"application/json",
		"partitionkey":"Cust12345/activity/7","data":` + body + "}"
	if diff := cmp.Diff(values(t, []byte(wantDocument)), values(t, document)); diff != "" {
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
	address := server(t)
	admin := administrator(t, address)
	queue(t, admin, t.Name(), "", "")
	want := map[string]string{}
	for _, f := range []config.Format{config.Raw, config.CloudEventsBinary} {
		s := open(t, address, to("", t.Name()), in(f))
		for _, body := range fixtures.All() {
			m := event(t, body)
			wantDelivered(t, s.Send(t.Context(), m))
			want[m.Event.DedupKey().String()] = string(body)
		}
	}
	got := map[string]string{}
	for _, d := range consumed(t, admin, t.Name(), 2*len(fixtures.All())) {
		got[d.MessageId] = string(d.Body)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRoutingKey(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ template, name, tenant, entity, want string }{
		{"{event}", "activity.created", "Cust12345", "activity", "activity.created"},
		{"crm.{tenant}.{entity}", "activity.created", "Cust12345", "activity", "crm.Cust12345.activity"},
		{"{tenant}", "activity.created", "a.b #*/ø", "activity", "a_b_____"},
		{"{tenant}.{entity}", "activity.created", "", "", "_._"},
		{"{tenant}", "activity.created", "{event}", "", "_event_"},
		{"fixed", "activity.created", "Cust12345", "activity", "fixed"},
	} {
		e := &superoffice.Event{Name: tc.name, ContextIdentifier: tc.tenant, Entity: tc.entity}
		if got := routingKey(tc.template, e); got != tc.want {
			t.Errorf("%s of %s, %s, %s: got %s, want %s", tc.template, tc.name, tc.tenant, tc.entity, got, tc.want)
		}
	}
}

// What has no room in a message is dead, and is found before it is sent, as the connection would not survive it.
func TestEventsThatNoMessageHolds(t *testing.T) {
	t.Parallel()
	address := server(t)
	queue(t, administrator(t, address), t.Name(), "", "")
	raw := open(t, address, to("", t.Name()), in(config.Raw))
	byTenant := open(t, address, to("", "{tenant}"))
	long := strings.Repeat("x", 256)
	withHeader := func(name, value string) sink.Message {
		m := numbered(t, 1)
		m.Header.Set(name, value)
		return m
	}
	for name, tc := range map[string]struct {
		s    *Sink
		m    sink.Message
		want string
	}{
		"with a long id":            {raw, event(t, fmt.Appendf(nil, `{"Event":"a","EventId":%q}`, long)), "message id has more than 255 bytes"},
		"with a long tenant":        {byTenant, event(t, fmt.Appendf(nil, `{"Event":"a","EventId":"1","ContextIdentifier":%q}`, long)), "routing key has more than 255 bytes"},
		"with a long type":          {raw, withHeader("Content-Type", long), "content type has more than 255 bytes"},
		"with a header's long name": {raw, withHeader("X-"+long, ""), "name of a header has more than 255 bytes"},
		"with large headers":        {raw, withHeader("X-Large", strings.Repeat("x", 140_000)), "frame_max"},
		"with many headers":         {raw, withManyHeaders(t), "frame_max"},
	} {
		t.Run(name, func(t *testing.T) {
			dead, ok := tc.s.Send(t.Context(), tc.m).(sink.Dead)
			if !ok || !strings.Contains(dead.Reason, tc.want) {
				t.Errorf("%+v, want %q in it", dead, tc.want)
			}
		})
	}
	connection := raw.link
	wantDelivered(t, raw.Send(t.Context(), withHeader("X-Large", strings.Repeat("x", 120_000))))
	if raw.link != connection {
		t.Error("the connection did not survive")
	}
}

func withManyHeaders(t *testing.T) sink.Message {
	t.Helper()
	m := numbered(t, 1)
	for n := range 20_000 {
		m.Header.Set(fmt.Sprintf("X-%d", n), "")
	}
	return m
}
