// SPDX-License-Identifier: Apache-2.0

package nats

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/sink/format"
	"github.com/superoffice-webhook/operator/receiver/sink/sinktest"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestFormatsAreReadBackFromTheStream(t *testing.T) {
	t.Parallel()
	for f, want := range map[config.Format]func(superoffice.Event) nats.Header{
		config.Raw: func(superoffice.Event) nats.Header {
			return nats.Header{
				"Content-Type":            {"application/json; charset=utf-8"},
				"X-Superoffice-Signature": {fixtures.SignedSignature},
				"X-Custom":                {"a", "b"},
				"X-Superoffice-Event":     {"associate.created"},
			}
		},
		config.CloudEventsBinary: func(e superoffice.Event) nats.Header {
			return nats.Header{
				"content-type":       {"application/json"},
				"ce-specversion":     {"1.0"},
				"ce-id":              {e.DedupKey().String()},
				"ce-type":            {"com.superoffice.associate.created"},
				"ce-source":          {"/superoffice/Default"},
				"ce-subject":         {"associate/141424"},
				"ce-time":            {e.Timestamp.Format("2006-01-02T15:04:05.999999999Z07:00")},
				"ce-partitionkey":    {"Default/associate/141424"},
				"ce-datacontenttype": {"application/json"},
			}
		},
		config.CloudEventsStructured: func(superoffice.Event) nats.Header {
			return nats.Header{"content-type": {"application/cloudevents+json"}}
		},
	} {
		t.Run(string(f), func(t *testing.T) {
			b := serve(t)
			st := stream(t, b.admin())
			m := message(t, string(fixtures.SignedBody()))
			sinktest.Delivered(t, open(t, b.ClientURL(), as(f)), m)
			all := stored(t, st)
			if len(all) != 1 {
				t.Fatalf("%d messages", len(all))
			}
			got := all[0]
			if got.Subject != "superoffice.associate.created" {
				t.Errorf("subject %q", got.Subject)
			}
			wantHeader := want(*m.Event)
			wantHeader["Nats-Msg-Id"] = []string{m.Event.DedupKey().String()}
			if diff := cmp.Diff(wantHeader, got.Header); diff != "" {
				t.Errorf("headers (-want +got)\n%s", diff)
			}
			encoded, err := format.Encode(f, m)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Data, encoded.Body) {
				t.Errorf("the body changed:\n%q", got.Data)
			}
			if f != config.CloudEventsStructured && !bytes.Equal(got.Data, fixtures.SignedBody()) {
				t.Errorf("the body is not SuperOffice's:\n%q", got.Data)
			}
			if f == config.CloudEventsStructured && !json.Valid(got.Data) {
				t.Errorf("no JSON: %q", got.Data)
			}
		})
	}
}

func TestAttributesSurviveWhateverTheyHold(t *testing.T) {
	t.Parallel()
	b := serve(t)
	st := stream(t, b.admin())
	s := open(t, b.ClientURL())
	m := message(t, `{"Event":"a.b","EventId":" a \"b\" 100% €\\ü😀~! ","ContextIdentifier":"Kåre & sønner/1 %","Entity":"a b"}`)
	sinktest.Delivered(t, s, m)
	encoded, err := format.Encode(config.CloudEventsBinary, m)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, values := range stored(t, st)[0].Header {
		attribute, ok := strings.CutPrefix(name, "ce-")
		if !ok || attribute == "datacontenttype" {
			continue
		}
		if strings.ContainsFunc(values[0], func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
			t.Errorf("%s is not encoded: %q", name, values[0])
		}
		if got[attribute], err = url.PathUnescape(values[0]); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(encoded.Attributes, got); diff != "" {
		t.Errorf("attributes (-want +got)\n%s", diff)
	}
}

// The example of §3.1.3.2 of the NATS binding.
func TestPercentEncoding(t *testing.T) {
	t.Parallel()
	if got, want := percentEncode("Euro € 😀"), "Euro%20%E2%82%AC%20%F0%9F%98%80"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := percentEncode("\x00\"%\x7f~!"), "%00%22%25%7F~!"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSubject(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 5000)
	for name, test := range map[string]struct{ template, body, want string }{
		"without placeholders": {"crm", `{"Event":"a.b"}`, "crm"},
		"with all placeholders": {
			"so.{tenant}.{entity}.{event}",
			`{"Event":"activity.created","ContextIdentifier":"Cust12345","Entity":"activity"}`,
			"so.Cust12345.activity.activity.created",
		},
		"with a placeholder in a token, and twice": {
			"so-{tenant}.x{tenant}", `{"Event":"a.b","ContextIdentifier":"Cust12345"}`, "so-Cust12345.xCust12345",
		},
		"of what the event lacks":         {"so.{tenant}.{entity}", `{"Event":"a.b"}`, "so._._"},
		"of an entity with a dot":         {"so.{entity}.{event}", `{"Event":"list.110.changed","Entity":"list.110"}`, "so.list_110.list.110.changed"},
		"of an event that is all dots":    {"so.{event}", `{"Event":"..a."}`, "so._._.a._"},
		"of values with NATS's own signs": {"so.{tenant}.{event}", `{"Event":"a.*.>","ContextIdentifier":"> * $JS."}`, "so._____JS_.a._._"},
		"of values with placeholders":     {"so.{tenant}.{entity}", `{"Event":"a.b","ContextIdentifier":"{entity}","Entity":"x"}`, "so._entity_.x"},
		"that would be the server's":      {"{tenant}.API.STREAM.DELETE.CRM", `{"Event":"a.b","ContextIdentifier":"$JS"}`, "_JS.API.STREAM.DELETE.CRM"},
		"of letters beyond ASCII":         {"so.{tenant}", `{"Event":"a.b","ContextIdentifier":"Kåre"}`, "so.K_re"},
		"of values that are too long": {
			"so.{tenant}.{event}", `{"Event":"` + long + `","ContextIdentifier":"` + long + `"}`,
			"so." + strings.Repeat("_", 128) + "." + strings.Repeat("_", 64),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := validateSubject(test.template); err != nil {
				t.Errorf("the subject is refused: %v", err)
			}
			if got := subject(test.template, message(t, test.body).Event); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no URL":                    {func(o *Options) { o.URLs = nil }, "there is no URL"},
		"an address without scheme": {func(o *Options) { o.URLs = []string{"nats.messaging:4222"} }, "URL 1: it is not like nats://host:4222"},
		"another scheme":            {func(o *Options) { o.URLs = append(o.URLs, "http://nats:4222") }, "URL 2: its scheme must be nats or tls"},
		"two URLs in one":           {func(o *Options) { o.URLs = []string{"nats://a:1,nats://b:2"} }, "URL 1: it is"},
		"a password in a URL":       {func(o *Options) { o.URLs = []string{"nats://user:s3cr3t@nats:4222"} }, "URL 1: it holds credentials"},
		"a password in no URL":      {func(o *Options) { o.URLs = []string{"nats://user:s3cr3t@nats:%zz"} }, "URL 1: it is not like"},
		"no subject":                {func(o *Options) { o.Subject = "" }, "1 to 512 characters"},
		"too long a subject":        {func(o *Options) { o.Subject = strings.Repeat("x", 513) }, "1 to 512 characters"},
		"an unknown placeholder":    {func(o *Options) { o.Subject = "so.{key}" }, "its placeholders are"},
		"an open brace":             {func(o *Options) { o.Subject = "so.{event" }, "its placeholders are"},
		"white space":               {func(o *Options) { o.Subject = "so. x" }, "white space"},
		"a line end":                {func(o *Options) { o.Subject = "so\r\nPUB x 0" }, "white space"},
		"a wildcard":                {func(o *Options) { o.Subject = "so.*" }, "wildcard"},
		"a subject of the server":   {func(o *Options) { o.Subject = "$JS.API.x" }, "belong to the server"},
		"an empty token":            {func(o *Options) { o.Subject = "so..x" }, "empty token"},
		"a dot at the end":          {func(o *Options) { o.Subject = "so." }, "empty token"},
		"a stream with a dot":       {func(o *Options) { o.Stream = "a.b" }, "no name of a stream"},
		"two kinds of credentials":  {func(o *Options) { o.User, o.Password, o.Token = "u", "s3cr3t", "s3cr3t" }, "at most one"},
		"a user without password":   {func(o *Options) { o.User = "u" }, "go together"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{URLs: []string{"nats://nats:4222"}, Subject: "x"}
			test.change(&o)
			s, err := New(o)
			if err == nil || s != nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error is %v, want one that tells %q", err, test.want)
			}
		})
	}
}
