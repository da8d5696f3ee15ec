// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
)

// folded is a record as the engine in this process gets it: all in one payload.
func folded(r *record) []byte { return append(r.appendHeader(nil), r.body...) }

// A message reads the same whichever way it took: to the engine in this process, or to a cluster.
func TestMessageIsReadAsItWasLaidDown(t *testing.T) {
	t.Parallel()
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "X-Twice": {"a: b", "ü"}, "X-Empty": {""}}
	for name, body := range map[string]string{
		"an event":                          `{"Event": "activity.created"}`,
		"nothing":                           "",
		"a body that looks like a message":  "NATS/1.0\r\nReceived: yesterday\r\n\r\n{}",
		"a body that begins with its limit": "\r\n\r\n{}",
	} {
		m := Message{
			Body: []byte(body), Header: header,
			Trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Received: time.Now().UTC().Round(0),
		}
		r := m.encode("event.a")
		r.set(headerDeath, "two\r\nlines")
		sent := r.message()
		sent.Header[headerDeath] = []string{"two  lines"} // as the client writes it
		for way, stored := range map[string]nats.Msg{
			"in this process": {Data: folded(r)},
			"in a cluster":    {Header: sent.Header, Data: sent.Data},
		} {
			got, all := decode(stored.Header, stored.Data, time.Time{})
			if diff := cmp.Diff(m, got); diff != "" {
				t.Errorf("%s, %s: -stored +read\n%s", name, way, diff)
			}
			if diff := cmp.Diff(sent.Header, all); diff != "" {
				t.Errorf("%s, %s: -the client's headers +ours\n%s", name, way, diff)
			}
		}
	}
}

// What somebody else has laid down is a body, received when it was stored.
func TestMessageOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{"", "{}", "NATS/1.0\r\n", "NATS/1.0\r\nno end", "NATS/1.0\r\nno colon\r\n\r\nbody"} {
		stored := time.Now()
		m, _ := decode(nil, []byte(payload), stored)
		if !m.Received.Equal(stored) || string(m.Body) != payload {
			t.Errorf("%q: the body is %q, received at %s", payload, m.Body, m.Received)
		}
	}
}
