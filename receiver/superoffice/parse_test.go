// SPDX-License-Identifier: Apache-2.0

package superoffice_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestParseReadsEverySampleOfTheDocumentation(t *testing.T) {
	all := fixtures.All()
	if len(all) != 61 {
		t.Errorf("there are %d samples, want 61", len(all))
	}
	for name, body := range all {
		t.Run(name, func(t *testing.T) {
			var want struct {
				EventID    string `json:"EventId"`
				Event      string
				PrimaryKey int64
				Entity     string
				Tenant     string `json:"ContextIdentifier"`
				Changes    []string
			}
			if err := json.Unmarshal(body, &want); err != nil {
				t.Fatal(err)
			}
			e, err := superoffice.Parse(body)
			if err != nil {
				t.Fatal(err)
			}
			got := want
			got.EventID, got.Event, got.PrimaryKey = e.ID, e.Name, e.PrimaryKey
			got.Entity, got.Tenant, got.Changes = e.Entity, e.ContextIdentifier, e.Changes
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if e.Extra != nil {
				t.Errorf("documented keys are taken for unknown ones: %v", e.Extra)
			}
			if bytes.Contains(body, []byte(`"Timestamp"`)) && e.Timestamp.IsZero() {
				t.Error("the timestamp was not read")
			}
			if !bytes.Equal(e.Raw, body) {
				t.Error("Raw is not the body")
			}
			identifies(t, body, e, err)
		})
	}
}

func TestParseReadsEveryKey(t *testing.T) {
	body := []byte(`{"Colour":{"deep":[1.10,1e400]},"WebhookName":"crm","Values":{"contact_id":9007199254740993},
		"FieldValues":{"type":4,"private":null,"done":true,"updated":"2020-02-16T17:50:17","factor":1.10},
		"ChangedByAssociateId":-5,"ContextIdentifier":"Cust12345","Entity":"list.110","PrimaryKey":9223372036854775807,
		"Event":"list.110.changed","Changes":["a","b"],"Timestamp":"2018-04-24T08:13:17.8445662Z","EventId":"id",
		"event":"lower case is another key"}`)
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	want := &superoffice.Event{
		ID:                   "id",
		Timestamp:            time.Date(2018, 4, 24, 8, 13, 17, 844566200, time.UTC),
		Changes:              []string{"a", "b"},
		Name:                 "list.110.changed",
		PrimaryKey:           9223372036854775807,
		Entity:               "list.110",
		ContextIdentifier:    "Cust12345",
		ChangedByAssociateID: -5,
		WebhookName:          "crm",
		Values:               map[string]json.RawMessage{"contact_id": raw("9007199254740993")},
		FieldValues: map[string]json.RawMessage{
			"type": raw("4"), "private": raw("null"), "done": raw("true"), "updated": raw(`"2020-02-16T17:50:17"`),
			"factor": raw("1.10"),
		},
		Extra: map[string]json.RawMessage{
			"Colour": raw(`{"deep":[1.10,1e400]}`), "event": raw(`"lower case is another key"`),
		},
		Raw: body,
	}
	got, err := superoffice.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(superoffice.Event{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestParseTolerates(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want superoffice.Event
	}{
		"nothing but the event's name": {`{"Event":"test"}`, superoffice.Event{Name: "test"}},
		"null for every other key": {
			`{"EventId":null,"Timestamp":null,"Changes":null,"Event":"a.b","PrimaryKey":null,"Entity":null,` +
				`"ContextIdentifier":null,"ChangedByAssociateId":null,"WebhookName":null,"Values":null,"FieldValues":null}`,
			superoffice.Event{Name: "a.b"},
		},
		"a timestamp that is no date":     {`{"Event":"a.b","Timestamp":"yesterday"}`, superoffice.Event{Name: "a.b"}},
		"white space around":              {" \r\n{ \"Event\" :\t\"a.b\" }\r\n", superoffice.Event{Name: "a.b"}},
		"a repeated key: the last counts": {`{"Event":"a.b","Event":"c.d"}`, superoffice.Event{Name: "c.d"}},
		"escapes in a key":                {`{"\u0045vent":"a.b"}`, superoffice.Event{Name: "a.b"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := superoffice.Parse([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			test.want.Raw = []byte(test.body)
			if diff := cmp.Diff(&test.want, got, cmpopts.IgnoreUnexported(superoffice.Event{})); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"an empty body":             {"", "invalid JSON at byte 0"},
		"text":                      {"hello", "invalid JSON at byte 1"},
		"a truncated object":        {`{"Event":"a.b"`, "invalid JSON at byte 14"},
		"something behind":          {`{"Event":"a.b"}{}`, "invalid JSON at byte 16"},
		"a byte order mark":         {"\xef\xbb\xbf{\"Event\":\"a.b\"}", "invalid JSON at byte 1"},
		"UTF-16":                    {"\xff\xfe{\x00}\x00", "not UTF-8"},
		"a string that is no UTF-8": {"{\"Event\":\"a.b\",\"Entity\":\"\xff\"}", "not UTF-8"},
		"null":                      {"null", "null, not an object"},
		"an array":                  {`[{"Event":"a.b"}]`, "JSON array, not an object"},
		"a number":                  {"1e999", "JSON number, not an object"},
		"a string":                  {`"Event"`, "JSON string, not an object"},
		"an object without Event":   {`{}`, `the key "Event" is missing or empty`},
		"an empty Event":            {`{"Event":""}`, `the key "Event" is missing or empty`},
		"Event in lower case":       {`{"event":"a.b"}`, `the key "Event" is missing or empty`},
		"a number as Event":         {`{"Event":1}`, `the key "Event" must be a string, not a number`},
		"a number as EventId":       {`{"Event":"a.b","EventId":1}`, `the key "EventId" must be a string, not a number`},
		"a string as PrimaryKey":    {`{"Event":"a.b","PrimaryKey":"18"}`, `the key "PrimaryKey" must be a whole number`},
		"a word as PrimaryKey":      {`{"Event":"a.b","PrimaryKey":"x"}`, `the key "PrimaryKey" must be a whole number, not a string`},
		"a fraction as PrimaryKey":  {`{"Event":"a.b","PrimaryKey":1.5}`, `the key "PrimaryKey" must be a whole number`},
		"a PrimaryKey over 64 bits": {
			`{"Event":"a.b","PrimaryKey":9223372036854775808}`, `the key "PrimaryKey" must be a whole number of at most 64 bits`,
		},
		"an object as Changes":           {`{"Event":"a.b","Changes":{}}`, `the key "Changes" must be an array of strings, not an object`},
		"numbers in Changes":             {`{"Event":"a.b","Changes":[1]}`, `the key "Changes" must be an array of strings`},
		"an array as FieldValues":        {`{"Event":"a.b","FieldValues":[]}`, `the key "FieldValues" must be an object, not an array`},
		"a string as Values":             {`{"Event":"a.b","Values":"{}"}`, `the key "Values" must be an object, not a string`},
		"a boolean as Entity":            {`{"Event":"a.b","Entity":true}`, `the key "Entity" must be a string, not a boolean`},
		"a line end in the tenant":       {`{"Event":"a.b","ContextIdentifier":"a\r\nb"}`, `the key "ContextIdentifier" holds a control character`},
		"a zero byte in the event's id":  {`{"Event":"a.b","EventId":"\u0000"}`, `the key "EventId" holds a control character`},
		"a hundred thousand open braces": {strings.Repeat(`{"Event":`, 100_000), "invalid JSON"},
		"a hundred thousand arrays in an unknown key": {
			`{"Event":"a.b","x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, "invalid JSON",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := superoffice.Parse([]byte(test.body))
			if !errors.Is(err, superoffice.ErrNotEvent) || e != nil {
				t.Fatalf("Parse = %v, %v, want ErrNotEvent", e, err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %q, want it to tell %q", err, test.want)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, event := range []string{superoffice.ActivityCreated, superoffice.ActivityDeleted} {
		body, err := fixtures.Body(event)
		if err != nil {
			b.Fatal(err)
		}
		for name, parse := range map[string]func([]byte) (*superoffice.Event, error){"Parse": superoffice.Parse, "Identify": superoffice.Identify} {
			b.Run(name+" "+event, func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := parse(body); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
