// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
)

const (
	refusal  = "the sink answered 400 Bad Request"
	notThere = "no such dead letter"
)

// ago ignores when something happened, provided that it was lately.
var ago = cmp.Comparer(func(a, b time.Time) bool { return a.Sub(b).Abs() < time.Minute })

// mixed has dead letters of two sinks and of intake.
func mixed(t *testing.T) *box {
	t.Helper()
	b := open(t)
	b.kill(t, "erp", "\r\n{\"1\": \"<ü>\"}\r\n")
	b.kill(t, "bi", "2")
	b.kill(t, "erp", "3\xff\x00")
	b.Keep(t, "{")
	b.Keep(t, "")
	return b
}

func TestListDeadLetters(t *testing.T) {
	t.Parallel()
	b := mixed(t)
	t.Run("tells all but headers and bodies, oldest first", func(t *testing.T) {
		now := time.Now()
		want := []deadletter.Letter{
			{ID: 1, Sink: "erp", Reason: refusal, Answer: "no, thanks", Attempts: 1, Received: now, Died: now, Bytes: 17},
			{ID: 2, Sink: "bi", Reason: refusal, Answer: "no, thanks", Attempts: 1, Received: now, Died: now, Bytes: 1},
			{ID: 3, Sink: "erp", Reason: refusal, Answer: "no, thanks", Attempts: 1, Received: now, Died: now, Bytes: 3},
			{ID: 4, Reason: "not JSON", Received: now, Died: now, Bytes: 1},
			{ID: 5, Reason: "not JSON", Received: now, Died: now},
		}
		if diff := cmp.Diff(want, b.list(t, ""), ago); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	for query, want := range map[string][]uint64{
		"?sink=erp":                  {1, 3},
		"?sink=bi":                   {2},
		"?sink=nobody":               {},
		"?sink=-":                    {4, 5},
		"?id=2&id=4&id=2&id=99":      {2, 4},
		"?id=2&id=4&id=5&sink=-":     {4, 5},
		"?id=5&id=4&after=4":         {5},
		"?after=2":                   {3, 4, 5},
		"?after=5":                   {},
		"?after=9223372036854775807": {},
		"?limit=2":                   {1, 2},
		"?limit=0":                   {},
		"?limit=1000":                {1, 2, 3, 4, 5},
		"?limit=1&after=1":           {2},
		"?sink=erp&after=1&limit=1":  {3},
	} {
		t.Run("takes "+query, func(t *testing.T) {
			if diff := cmp.Diff(want, ids(b.list(t, query))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	for query, want := range map[string]string{
		"?limit=1001":                `limit: "1001" is not a number from 0 to 1000`,
		"?limit=all":                 `limit: "all" is not a number from 0 to 1000`,
		"?limit=-1":                  `limit: "-1" is not a number from 0 to 1000`,
		"?after=1.5":                 `after: "1.5" is not a number from 0 to 9223372036854775807`,
		"?after=9223372036854775808": `after: "9223372036854775808" is not a number from 0 to 9223372036854775807`,
		"?sink=":                     "sink: is empty; leave it out or give a value",
		"?sink=erp&sink=bi":          "sink: is given 2 times, but counts once",
		"?after=a&limit=b": `after: "a" is not a number from 0 to 9223372036854775807` + "\n" +
			`limit: "b" is not a number from 0 to 1000`,
	} {
		t.Run("refuses "+query, func(t *testing.T) {
			refused(t, ask(t, http.MethodGet, b.url+"/dead-letters"+query), http.StatusBadRequest, want)
		})
	}
	t.Run("is an empty list when there are none", func(t *testing.T) {
		if got := ask(t, http.MethodGet, open(t).url+"/dead-letters"); got.text != "[]\n" {
			t.Errorf("got %q", got.text)
		}
	})
	t.Run("tells a hundred, unless asked for more", func(t *testing.T) {
		b := open(t)
		for i := range 101 {
			b.Keep(t, fmt.Sprint(i))
		}
		if got := len(b.list(t, "")); got != 100 {
			t.Errorf("got %d", got)
		}
		if got := ids(b.list(t, "?after=100")); len(got) != 1 || got[0] != 101 {
			t.Errorf("got %v after 100", got)
		}
	})
}

func TestShowDeadLetter(t *testing.T) {
	t.Parallel()
	b := mixed(t)
	show := func(id string) answer { return ask(t, http.MethodGet, b.url+"/dead-letters/"+id) }
	t.Run("tells headers and body as text", func(t *testing.T) {
		body := "\r\n{\"1\": \"<ü>\"}\r\n"
		want := deadletter.Letter{
			ID: 1, Sink: "erp", Reason: refusal, Answer: "no, thanks", Attempts: 1, Received: time.Now(), Died: time.Now(), Bytes: len(body),
			Header:   http.Header{"X-Test": {"{\"1\": \"<ü>\"}"}, "Content-Type": {"application/json"}},
			BodyText: body,
		}
		if diff := cmp.Diff(want, read[deadletter.Letter](t, show("1"), http.StatusOK), ago, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("tells a body that is no text in base64", func(t *testing.T) {
		got := read[deadletter.Letter](t, show("3"), http.StatusOK)
		if string(got.BodyBase64) != "3\xff\x00" || got.BodyText != "" {
			t.Errorf("got %+v", got)
		}
		if text := show("3").text; !strings.Contains(text, `"bodyBase64": "M/8A"`) || strings.Contains(text, "bodyText") {
			t.Errorf("got %s", text)
		}
	})
	t.Run("tells of intake's that there is no sink and no answer", func(t *testing.T) {
		got := read[map[string]any](t, show("4"), http.StatusOK)
		delete(got, "received")
		delete(got, "died")
		want := map[string]any{"id": 4., "reason": "not JSON", "attempts": 0., "bytes": 1., "bodyText": "{"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestOneDeadLetter(t *testing.T) {
	t.Parallel()
	b := mixed(t)
	for name, way := range map[string][2]string{
		"show":   {http.MethodGet, ""},
		"replay": {http.MethodPost, "/replay"},
		"forget": {http.MethodDelete, ""},
	} {
		for id, c := range map[string]struct {
			code int
			text string
		}{
			"0":                   {http.StatusNotFound, notThere},
			"99":                  {http.StatusNotFound, notThere},
			"9223372036854775807": {http.StatusNotFound, notThere},
			"9223372036854775808": {http.StatusBadRequest, `id: "9223372036854775808" is not a number from 0 to 9223372036854775807`},
			"-1":                  {http.StatusBadRequest, `id: "-1" is not a number from 0 to 9223372036854775807`},
			"first":               {http.StatusBadRequest, `id: "first" is not a number from 0 to 9223372036854775807`},
			"1%2F2":               {http.StatusBadRequest, `id: "1/2" is not a number from 0 to 9223372036854775807`},
		} {
			t.Run(name+" "+id, func(t *testing.T) {
				refused(t, ask(t, way[0], b.url+"/dead-letters/"+id+way[1]), c.code, c.text)
			})
		}
	}
	if got := ids(b.list(t, "")); len(got) != 5 {
		t.Errorf("afterwards there are %v", got)
	}
}

func TestForgetDeadLetter(t *testing.T) {
	t.Parallel()
	b := mixed(t)
	for _, id := range []string{"2", "5"} {
		if got := ask(t, http.MethodDelete, b.url+"/dead-letters/"+id); got != (answer{status: http.StatusNoContent}) {
			t.Errorf("got %+v", got)
		}
		refused(t, ask(t, http.MethodDelete, b.url+"/dead-letters/"+id), http.StatusNotFound, notThere)
	}
	if diff := cmp.Diff([]uint64{1, 3, 4}, ids(b.list(t, ""))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
