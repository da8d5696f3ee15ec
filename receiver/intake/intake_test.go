// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

// reply is a status and the text beside it.
type reply struct {
	status int
	text   string
}

func (r reply) String() string { return strings.TrimSpace(fmt.Sprintf("`%d` %s", r.status, r.text)) }

// replied is what a handler has answered.
func replied(w *httptest.ResponseRecorder) reply { return reply{w.Code, w.Body.String()} }

// told is what SuperOffice is told for each reason.
var told = map[intake.Reason]reply{
	intake.Stored:             {200, ""},
	intake.ConfigurationOlder: {503, "not taken over: this receiver has an older configuration, which lacks a sink or the event\n"},
	intake.TakenOver:          {200, "taken over from another receiver\n"},
	intake.Duplicate:          {200, "stored before\n"},
	intake.TestEvent:          {200, "test event received\n"},
	intake.EventNotWanted:     {200, "not stored: nobody wants this event\n"},
	intake.TenantNotWanted:    {200, "not stored: nobody wants events of this tenant\n"},
	intake.AssociateIgnored:   {200, "not stored: nobody wants what this associate does\n"},
	intake.NoEvent:            {200, "kept, but the body holds no event\n"},
	intake.SignatureMissing:   {401, "the request has no signature\n"},
	intake.SignatureMalformed: {401, "the signature is malformed\n"},
	intake.SignatureMismatch:  {401, "the signature does not match\n"},
	intake.BodyTooLarge:       {413, "the body is too large\n"},
	intake.BodyCompressed:     {415, "the body must not be compressed: send it without Content-Encoding\n"},
	intake.BodyIncomplete:     {400, "the body is incomplete\n"},
	intake.TooManyAtOnce:      {503, "too many requests of this webhook are on their way right now\n"},
	intake.TooMuchAtOnce:      {503, "too many large bodies are on their way right now\n"},
	intake.MethodNotAllowed:   {405, "only POST is allowed\n"},
	intake.PathUnknown:        {404, "no webhook is received on this path\n"},
	intake.QueueFull:          {503, "the event cannot be stored right now\n"},
	intake.QueueFailed:        {503, "the event cannot be stored right now\n"},
	intake.InternalError:      {500, "internal error\n"},
}

// visit is one or more requests, the reason that each is answered for, and what is stored and counted afterwards.
type visit struct {
	rules    func(*intake.Rules)
	send     []request
	want     []intake.Reason
	stored   [][]byte
	dead     []letter
	verified map[string]int
}

// visits plays each on a receiver of its own.
func visits(t *testing.T, cases map[string]visit) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.rules == nil {
				c.rules = func(*intake.Rules) {}
			}
			r := open(t, rules(c.rules))
			answered := map[intake.Reason]int{}
			for i, request := range c.send {
				check(t, c.want[i], request.send(t, r.address), request.method)
				answered[c.want[i]]++
			}
			r.counts.counted(t, answered, c.verified)
			r.holds(t, c.stored, c.dead)
		})
	}
}

// check compares an answer with what is told for a reason.
func check(t *testing.T, want intake.Reason, got answer, method string) {
	t.Helper()
	wanted := told[want]
	if method == http.MethodHead {
		wanted.text = ""
	}
	if got.reply != wanted {
		t.Errorf("the answer is %d %q, want %s: %d %q", got.status, got.text, want, wanted.status, wanted.text)
	}
	if want.Status() != wanted.status {
		t.Errorf("%s goes with status %d, want %d", want, want.Status(), wanted.status)
	}
	wantHeader := http.Header{}
	if told[want].text != "" {
		wantHeader.Set("Content-Type", "text/plain; charset=utf-8")
	}
	if wanted.status != http.StatusOK {
		wantHeader.Set("X-Content-Type-Options", "nosniff")
	}
	if want == intake.MethodNotAllowed {
		wantHeader.Set("Allow", "POST")
	}
	if want == intake.BodyTooLarge && !got.last {
		t.Error("the rest of the body is still to come, and the connection stays open")
	}
	if got.last { // which HTTP/1.0 says by it, too
		got.header.Del("Connection")
	}
	for _, name := range []string{"Date", "Content-Length"} {
		got.header.Del(name)
	}
	if diff := cmp.Diff(wantHeader, got.header); diff != "" {
		t.Errorf("header of the answer (-want +got)\n%s", diff)
	}
}

// byCurrent counts signatures of the current secret.
func byCurrent(n int) map[string]int { return map[string]int{"current": n} }

func TestIntake(t *testing.T) {
	t.Parallel()
	test := sample(superoffice.Test)
	noID := event(superoffice.ActivityCreated, "", `"Timestamp": "2026-02-03T04:05:06Z"`, `"PrimaryKey": 1`)
	later := event(superoffice.ActivityCreated, "", `"Timestamp": "2026-02-03T04:05:07Z"`, `"PrimaryKey": 1`)
	onlyDefault := func(r *intake.Rules) { r.Tenants = []string{"Cust1", "Default"} }
	visits(t, map[string]visit{
		"stores a wanted event": {
			send: []request{post(created)}, want: []intake.Reason{intake.Stored},
			stored: [][]byte{created}, verified: byCurrent(1),
		},
		"stores an event that comes in chunks": {
			send: []request{post(created).inChunks()}, want: []intake.Reason{intake.Stored},
			stored: [][]byte{created}, verified: byCurrent(1),
		},
		"stores what the previous secret signed": {
			send: []request{unsigned(created).signed(previous), post(changed)}, want: []intake.Reason{intake.Stored, intake.Stored},
			stored: [][]byte{created, changed}, verified: map[string]int{"current": 1, "previous": 1},
		},
		"stores the same event once": {
			send: []request{post(created), post(created), unsigned(created).signed(previous)},
			want: []intake.Reason{intake.Stored, intake.Duplicate, intake.Duplicate},

			stored: [][]byte{created}, verified: map[string]int{"current": 2, "previous": 1},
		},
		"takes one EventId under two events for two": {
			send:   []request{post(event(superoffice.ActivityCreated, "a")), post(event(superoffice.ActivityChanged, "a"))},
			want:   []intake.Reason{intake.Stored, intake.Stored},
			stored: [][]byte{event(superoffice.ActivityCreated, "a"), event(superoffice.ActivityChanged, "a")}, verified: byCurrent(2),
		},
		"tells events without an EventId apart": {
			send: []request{post(noID), post(later), post(noID)}, want: []intake.Reason{intake.Stored, intake.Stored, intake.Duplicate},
			stored: [][]byte{noID, later}, verified: byCurrent(3),
		},
		"stores no event that is not wanted": {
			send: []request{post(sample("contact.created"))}, want: []intake.Reason{intake.EventNotWanted}, verified: byCurrent(1),
		},
		"stores no event of a tenant that is not wanted": {
			rules: func(r *intake.Rules) { r.Tenants = []string{"Cust12345"} },
			send:  []request{post(created)}, want: []intake.Reason{intake.TenantNotWanted}, verified: byCurrent(1),
		},
		"stores events of each tenant that is wanted": {
			rules: onlyDefault, send: []request{post(created)}, want: []intake.Reason{intake.Stored},
			stored: [][]byte{created}, verified: byCurrent(1),
		},
		"stores no event of an associate who is ignored": {
			rules: func(r *intake.Rules) { r.Associates = []int64{1, 37201} },
			send:  []request{post(created), post(event(superoffice.ActivityCreated, "a", `"ChangedByAssociateId": 3720`))},
			want:  []intake.Reason{intake.AssociateIgnored, intake.Stored}, verified: byCurrent(2),
			stored: [][]byte{event(superoffice.ActivityCreated, "a", `"ChangedByAssociateId": 3720`)},
		},
		"looks at the body for event, id and tenant, never at a header": {
			rules: onlyDefault,
			send: []request{post(created).with("X-SuperOffice-Event: contact.created", "X-SuperOffice-EventId: 1",
				"ContextIdentifier: Cust12345", "X-SuperOffice-Retry: 2"), post(created).with("X-SuperOffice-EventId: 2")},
			want: []intake.Reason{intake.Stored, intake.Duplicate}, stored: [][]byte{created}, verified: byCurrent(2),
		},
		"answers a signed test event and stores nothing": {
			send: []request{post(test), unsigned(test).signed(previous), post(created).with("X-Hook-Test: true")},
			want: []intake.Reason{intake.TestEvent, intake.TestEvent, intake.TestEvent}, verified: map[string]int{"current": 2, "previous": 1},
		},
		"answers a test event of a tenant that is not wanted": {
			rules: onlyDefault, send: []request{post(event("test", "a", `"ContextIdentifier": "Cust2"`))},
			want: []intake.Reason{intake.TestEvent}, verified: byCurrent(1),
		},
		"answers a test event without a signature and stores nothing": {
			send: []request{
				unsigned(test), unsigned(test).with("X-Hook-Test: true"), unsigned(created).with("X-Hook-Test: true"),
				unsigned([]byte("rubbish")).with("x-hook-test: true"), unsigned(test).with("X-SuperOffice-Signature:"),
			},
			want: slices.Repeat([]intake.Reason{intake.TestEvent}, 5),
		},
		"refuses a test event whose signature is wrong": {
			send: []request{
				unsigned(test).signed(stranger), unsigned(test).signed(stranger).with("X-Hook-Test: true"),
				unsigned(test).with("X-SuperOffice-Signature: no", "X-Hook-Test: true"),
			},
			want: []intake.Reason{intake.SignatureMismatch, intake.SignatureMismatch, intake.SignatureMalformed},
		},
		"takes no other mark for that of a test event": {
			send: []request{
				post(created).with("X-Hook-Test: false"), post(changed).with("X-Hook-Test: 1"), unsigned(created).with("X-Hook-Test: yes"),
			},
			want:   []intake.Reason{intake.Stored, intake.Stored, intake.SignatureMissing},
			stored: [][]byte{created, changed}, verified: byCurrent(2),
		},
	})
}

func TestIntakeKeepsAuthenticRubbishAsADeadLetter(t *testing.T) {
	t.Parallel()
	cases := map[string]visit{}
	for body, reason := range map[string]string{
		"":                                     "invalid JSON at byte 0: unexpected end of JSON input",
		"\r\n{\"Event\": \"activity.created\"": "invalid JSON at byte 30: unexpected end of JSON input",
		"[]":                                   "it is JSON array, not an object",
		"null":                                 "it is null, not an object",
		"{}":                                   `the key "Event" is missing or empty`,
		`{"Event":1}`:                          `the key "Event" must be a string, not a number`,
		`{"Event":"activity.created","EventId":` + `"a\nb"}`: `the key "EventId" holds a control character`,
		"{\"Event\":\"activity.created\xff\"}":               "it is not UTF-8",
		"\x1f\x8b\x08\x00\x00":                               "it is not UTF-8",
	} {
		cases["of "+strings.ToValidUTF8(body, "?")] = visit{
			send: []request{post([]byte(body)), post([]byte(body)).inChunks()}, want: []intake.Reason{intake.NoEvent, intake.NoEvent},
			dead: []letter{{"the body is not a SuperOffice event: " + reason, body}}, verified: byCurrent(2),
		}
	}
	visits(t, cases)
}

func TestIntakeStoresEverySampleToTheByte(t *testing.T) {
	t.Parallel()
	var names []string
	for _, body := range fixtures.All() {
		e, err := superoffice.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(names, e.Name) && !e.IsTest() {
			names = append(names, e.Name)
		}
	}
	c := visit{rules: func(r *intake.Rules) { r.Events = names }, verified: map[string]int{}}
	known := map[superoffice.DedupKey]bool{} // the samples repeat some
	for _, file := range slices.Sorted(maps.Keys(fixtures.All())) {
		body := fixtures.All()[file]
		e, err := superoffice.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		want := intake.Stored
		switch {
		case e.IsTest():
			want = intake.TestEvent
		case known[e.DedupKey()]:
			want = intake.Duplicate
		default:
			c.stored = append(c.stored, body)
		}
		known[e.DedupKey()] = true
		c.send, c.want = append(c.send, post(body)), append(c.want, want)
		c.verified["current"]++
	}
	if len(c.stored) < 50 {
		t.Errorf("only %d samples are different events", len(c.stored))
	}
	visits(t, map[string]visit{"of all pages": c})
}

// The one request of SuperOffice that is known to the byte, with its headers as the documentation prints them.
func TestIntakeStoresWhatSuperOfficeReallySigned(t *testing.T) {
	t.Parallel()
	r := open(t, rules(func(r *intake.Rules) {
		r.Secrets = []config.Slot{{Name: "current", Secret: superoffice.NewSecret([]byte(fixtures.SignedSecret))}}
		r.Events, r.Tenants = []string{"associate.created"}, []string{"Default"}
	}))
	began := time.Now()
	got := unsigned(fixtures.SignedBody()).with(
		"User-Agent: NetServer-Webhook/8.8.6684.1719", "Content-Type: application/json; charset=utf-8",
		"X-Superoffice-Event: associate.created", "X-Superoffice-Eventid: 88f91933-edce-4c1a-8d36-3ca44a6c9bd3",
		"X-Superoffice-Signature: "+fixtures.SignedSignature, "X-Custom: one", "x-custom: two",
		"Authorization: Basic eDp5", "authorization: Bearer eDp5", "Proxy-Authorization: Basic eDp5", "Cookie: a=b", // of a proxy
	).send(t, r.address)
	check(t, intake.Stored, got, http.MethodPost)
	m := r.next(t)
	if diff := cmp.Diff(string(fixtures.SignedBody()), string(m.Body)); diff != "" {
		t.Errorf("(-sent +stored)\n%s", diff)
	}
	if diff := cmp.Diff(http.Header{
		"User-Agent": {"NetServer-Webhook/8.8.6684.1719"}, "Content-Type": {"application/json; charset=utf-8"},
		"X-Superoffice-Event": {"associate.created"}, "X-Superoffice-Eventid": {"88f91933-edce-4c1a-8d36-3ca44a6c9bd3"},
		"X-Superoffice-Signature": {fixtures.SignedSignature}, "X-Custom": {"one", "two"},
	}, m.Header); diff != "" {
		t.Errorf("headers (-sent +stored)\n%s", diff)
	}
	if m.Received.Before(began.Add(-time.Second)) || m.Received.After(time.Now().Add(time.Second)) {
		t.Errorf("received %s", m.Received)
	}
}
