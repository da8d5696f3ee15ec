// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

const newID = "9b2d8f4e-0000-4000-8000-000000000001"

var newTime = time.Date(2026, 7, 24, 8, 13, 2, 835217599, time.FixedZone("CEST", 2*60*60))

// layouts are ways to write the same JSON.
var layouts = map[string]func(t *testing.T, body []byte) []byte{
	"as it is":  func(_ *testing.T, body []byte) []byte { return body },
	"with CRLF": func(_ *testing.T, body []byte) []byte { return bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n")) },
	"in one line": func(t *testing.T, body []byte) []byte {
		t.Helper()
		var b bytes.Buffer
		if err := json.Compact(&b, body); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	},
	"with space around": func(_ *testing.T, body []byte) []byte { return append([]byte("\r\n\t "), append(body, " \n\n"...)...) },
}

// TestFresh shows, for every sample there is, that nothing but the two values changes: put back, they give the same bytes.
func TestFresh(t *testing.T) {
	t.Parallel()
	all := fixtures.All()
	all["the signed body"] = fixtures.SignedBody()
	for name, body := range all {
		for layout, written := range layouts {
			t.Run(name+" "+layout, func(t *testing.T) {
				t.Parallel()
				body := written(t, bytes.Clone(body))
				before := bytes.Clone(body)
				old := parse(t, body)
				m, err := newMessage(body)
				if err != nil {
					t.Fatal(err)
				}
				fresh, err := m.fresh(newID, newTime)
				if !bytes.Equal(before, body) {
					t.Fatal("the message that it was made from has changed, too")
				}
				if old.ID == "" {
					if !errors.Is(err, errNoID) {
						t.Errorf("there is no EventId, and the error is %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				changed := parse(t, fresh.body)
				if changed.ID != newID || fresh.eventID != newID {
					t.Errorf("the EventId is %q, and in the header %q", changed.ID, fresh.eventID)
				}
				back := fresh.body
				for key, value := range map[string]string{"EventId": newID, "Timestamp": "2026-07-24T06:13:02.8352175Z"} {
					back = bytes.Replace(back, []byte(`"`+value+`"`), []byte(stringOf(t, body, key)), 1)
				}
				if diff := cmp.Diff(string(body), string(back)); diff != "" {
					t.Errorf("more than the two values has changed (-before +after)\n%s", diff)
				}
				if fresh.event != m.event || fresh.test != m.test {
					t.Errorf("it has become %q, test %t", fresh.event, fresh.test)
				}
			})
		}
	}
}

// stringOf is the value of a key of the body, in quotes.
func stringOf(t *testing.T, body []byte, key string) string {
	t.Helper()
	var values map[string]json.RawMessage
	if err := json.Unmarshal(body, &values); err != nil {
		t.Fatal(err)
	}
	return string(values[key])
}

func TestFreshFindsTheRightValues(t *testing.T) {
	t.Parallel()
	const id, stamp = `"` + newID + `"`, `"2026-07-24T06:13:02.8352175Z"`
	for name, test := range map[string]struct{ body, want string }{
		"whatever their order": {
			`{"Timestamp":"old","Event":"a","EventId":"old"}`,
			`{"Timestamp":` + stamp + `,"Event":"a","EventId":` + id + `}`,
		},
		"not those of inner objects": {
			`{"FieldValues":{"EventId":"x","Timestamp":"x"},"Event":"a","EventId":"old"}`,
			`{"FieldValues":{"EventId":"x","Timestamp":"x"},"Event":"a","EventId":` + id + `}`,
		},
		"not those that are spelled otherwise": {
			`{"eventid":"x","timestamp":"x","Event":"a","EventId":"old"}`,
			`{"eventid":"x","timestamp":"x","Event":"a","EventId":` + id + `}`,
		},
		"those whose key is escaped": {
			`{"Event":"a","Event\u0049d":"old"}`,
			`{"Event":"a","Event\u0049d":` + id + `}`,
		},
		"those that hold escapes themselves": {
			`{"Event":"a","EventId":"o\"l\\d\u00e6","Timestamp":""}`,
			`{"Event":"a","EventId":` + id + `,"Timestamp":` + stamp + `}`,
		},
		"the last of several, which counts": {
			`{"Event":"a","EventId":"x","EventId":"old"}`,
			`{"Event":"a","EventId":"x","EventId":` + id + `}`,
		},
		"no Timestamp that is null": {
			`{"Event":"a","EventId":"old","Timestamp":null}`,
			`{"Event":"a","EventId":` + id + `,"Timestamp":null}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := newMessage([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			fresh, err := m.fresh(newID, newTime)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(fresh.body)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got := parse(t, fresh.body).ID; got != newID {
				t.Errorf("the EventId is %q", got)
			}
		})
	}
	for _, value := range []string{`null`, `"old","EventId":null`} {
		m, err := newMessage(fmt.Appendf(nil, `{"Event":"a","EventId":%s}`, value))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.fresh(newID, newTime); !errors.Is(err, errNoID) {
			t.Errorf("EventId %s: the error is %v", value, err)
		}
	}
}

// TestFreshTimestamp shows that the time is written as SuperOffice writes it: UTC, up to seven digits, none that are 0.
func TestFreshTimestamp(t *testing.T) {
	t.Parallel()
	m, err := newMessage([]byte(`{"Event":"a","EventId":"old","Timestamp":"old"}`))
	if err != nil {
		t.Fatal(err)
	}
	for nanoseconds, want := range map[int]string{
		0:           "2026-07-24T06:13:02Z",
		500_000_000: "2026-07-24T06:13:02.5Z",
		42_089_500:  "2026-07-24T06:13:02.0420895Z",
		999_999_999: "2026-07-24T06:13:02.9999999Z",
	} {
		fresh, err := m.fresh(newID, newTime.Truncate(time.Second).Add(time.Duration(nanoseconds)))
		if err != nil {
			t.Fatal(err)
		}
		if got := stringOf(t, fresh.body, "Timestamp"); got != `"`+want+`"` {
			t.Errorf("%s, want %q", got, want)
		}
		if read, err := superoffice.ParseTime(want); err != nil || read.Local {
			t.Errorf("%q is read as %+v, %v", want, read, err)
		}
	}
}
