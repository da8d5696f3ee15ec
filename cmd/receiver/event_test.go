// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/intake"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// request is one of SuperOffice's, with the answer that it must get.
type request struct {
	header http.Header
	body   []byte
	answer intake.Reason
}

func signed(body []byte, answer intake.Reason) request {
	return request{header(secret, body), body, answer}
}

// with changes one header; an empty value removes it.
func (q request) with(name, value string) request {
	q.header = q.header.Clone()
	q.header.Del(name)
	if value != "" {
		q.header.Set(name, value)
	}
	return q
}

// TestEvent is the life of an event, from SuperOffice to a sink.
func TestEvent(t *testing.T) {
	t.Parallel()
	sink := serve(t, nil)
	config := settings(raw("erp", sink.URL))
	config.Tenants = []string{"Default", "Cust12345"}
	r, p := start(t, mount(t, config), t.TempDir()), newPoster(t)

	created, test := fresh(t, superoffice.ActivityCreated), fresh(t, superoffice.Test)
	unwanted := fresh(t, "contact.created")
	rubbish := []byte("this was signed, \xff\x00\r\n")
	tampered := signed(fresh(t, superoffice.ActivityCreated), intake.SignatureMismatch)
	tampered.body = bytes.Replace(tampered.body, []byte("4039840"), []byte("4039841"), 1)
	for _, c := range []struct {
		name     string
		requests []request
		buried   bool // each body as a dead letter, once
	}{
		{name: "activity.created is delivered as it came", requests: []request{
			signed(created, intake.Stored).with("X-Custom", "from the webhook's definition"),
		}},
		{name: "activity.changed is delivered as it came", requests: []request{
			signed(fresh(t, superoffice.ActivityChanged), intake.Stored),
		}},
		{name: "activity.deleted is delivered as it came", requests: []request{
			signed(fresh(t, superoffice.ActivityDeleted), intake.Stored),
		}},
		{name: "the same event again is answered with 200 and delivered no more", requests: []request{
			signed(created, intake.Duplicate),
			signed(created, intake.Duplicate).with(superoffice.HeaderRetry, "1"),
		}},
		{name: "a forged event is refused and goes nowhere", requests: []request{
			{header("guessed", tampered.body), tampered.body, intake.SignatureMismatch},
			tampered,
			signed(tampered.body, intake.SignatureMissing).with(superoffice.HeaderSignature, ""),
			signed(tampered.body, intake.SignatureMalformed).with(superoffice.HeaderSignature, "sha256=00"),
		}},
		{name: "a test event is answered with 200 and goes nowhere", requests: []request{
			signed(test, intake.TestEvent),
			signed(test, intake.TestEvent).with(superoffice.HeaderSignature, ""),
			signed(fresh(t, superoffice.ActivityCreated), intake.TestEvent).with(superoffice.HeaderTest, "true"),
		}},
		{name: "an event that nobody subscribed to is answered with 200 and goes nowhere", requests: []request{
			signed(unwanted, intake.EventNotWanted),
			signed(unwanted, intake.EventNotWanted).with(superoffice.HeaderEvent, superoffice.ActivityCreated),
		}},
		{name: "an event of a wanted tenant is delivered, one of another tenant goes nowhere", requests: []request{
			signed(of("Cust12345", fresh(t, superoffice.ActivityCreated)), intake.Stored),
			signed(of("Cust54321", fresh(t, superoffice.ActivityCreated)), intake.TenantNotWanted),
		}},
		{name: "authentic rubbish is answered with 200 and kept as one dead letter", buried: true, requests: []request{
			signed(rubbish, intake.NoEvent),
			signed(rubbish, intake.NoEvent),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, letters, seen := r.status(t), r.letters(t), len(sink.got())
			var want []received
			for _, q := range c.requests {
				r.answers(t, p, q)
				if q.answer == intake.Stored {
					want = append(want, received{q.header, string(q.body)})
				}
				if body := string(q.body); c.buried && !slices.Contains(letters, body) {
					letters = append(letters, body)
				}
			}
			// The sink gets one event after the other: what is to come for the requests above comes before this one.
			marker := signed(fresh(t, superoffice.ActivityCreated), intake.Stored)
			r.answers(t, p, marker)
			want = append(want, received{marker.header, string(marker.body)})
			sink.gets(t, marker.body)
			r.settles(t, "erp")

			if diff := cmp.Diff(want, asPosted(sink.got()[seen:])); diff != "" {
				t.Errorf("the sink (-wants +got)\n%s", diff)
			}
			if diff := cmp.Diff(letters, r.letters(t)); diff != "" {
				t.Errorf("dead letters (-want +got)\n%s", diff)
			}
			after := r.status(t)
			if got := after.Queue.Events - before.Queue.Events; got != int64(len(want)) {
				t.Errorf("%d events were stored, want %d", got, len(want))
			}
			if got := after.Queue.DeadLettered; got != int64(len(letters)) {
				t.Errorf("the status knows of %d dead letters, want %d", got, len(letters))
			}
		})
	}
}

// of makes an event one of another tenant.
func of(tenant string, body []byte) []byte {
	return bytes.Replace(body, []byte(`"ContextIdentifier": "Default"`), []byte(`"ContextIdentifier": "`+tenant+`"`), 1)
}

// answers posts a request and compares the answer with the one that it must get, and with what the metrics count.
func (r *receiver) answers(t *testing.T, p *poster, q request) {
	t.Helper()
	before := r.counted(t, q.answer)
	code, answer, err := p.post(t.Context(), r.intake, q.header, q.body)
	if err != nil || code != q.answer.Status() {
		t.Fatalf("answered with %d %q, error %v, want %d for %s", code, answer, err, q.answer.Status(), q.answer)
	}
	eventually(t, func() string { // it is counted after it was answered
		if got := r.counted(t, q.answer); got != before+1 {
			return fmt.Sprintf("%d requests are counted as %s, want %d", got, q.answer, before+1)
		}
		return ""
	})
}

// letters are the bodies of all dead letters, as the admin port shows them.
func (r *receiver) letters(t *testing.T) []string {
	t.Helper()
	var list []deadletter.Letter
	r.reads(t, "/dead-letters", &list)
	var bodies []string
	for _, l := range list {
		r.reads(t, fmt.Sprintf("/dead-letters/%d", l.ID), &l)
		bodies = append(bodies, l.BodyText+string(l.BodyBase64))
	}
	return bodies
}

// asPosted leaves out the headers that make up the connection to the sink, and the one that recognises repetitions.
func asPosted(requests []received) []received {
	for _, r := range requests {
		for _, name := range []string{"Accept-Encoding", "Content-Length", "Idempotency-Key"} {
			r.Header.Del(name)
		}
	}
	return requests
}
