// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// left describes what is left, a line each: the body and who still needs it.
func left(t *testing.T, q *Queue) []string {
	t.Helper()
	lines := []string{}
	for l, err := range q.Left(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(l.Sinks)
		line := string(l.Body) + " for " + strings.Join(l.Sinks, ",")
		if l.Everybody {
			line += ", thus everybody"
		}
		if l.Dead != nil {
			line = string(l.Body) + " dead for " + l.Dead.Sink
		}
		lines = append(lines, line)
	}
	return lines
}

func TestLeft(t *testing.T) {
	t.Parallel()
	q := open(t, t.TempDir(), limits)
	erp, bi := openCursor(t, q, "erp"), openCursor(t, q, "bi")
	for _, key := range []string{"both have it", "bi has it", "erp waits for another attempt", "erp buried it", "nobody has it"} {
		put(t, q, created, key)
	}
	ack(t, erp, "both have it")
	if err := next(t, erp).Retry(time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := next(t, erp).Retry(time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := next(t, erp).Bury(t.Context(), "refused", "no"); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"both have it", "bi has it", "erp waits for another attempt", "erp buried it"} {
		ack(t, bi, body)
	}
	want := []string{
		"bi has it for erp", "erp waits for another attempt for erp", "nobody has it for bi,erp, thus everybody", "erp buried it dead for erp",
	}
	if diff := cmp.Diff(want, left(t, q)); diff != "" {
		t.Error(diff)
	}
}

// What is gone through again is what was not removed, for those who have not got it. Asked anew, the engine may count what is
// gone as waiting still, so that any of the rest could be meant.
func TestLeftAgain(t *testing.T) {
	t.Parallel()
	q := open(t, t.TempDir(), limits)
	erp, bi := openCursor(t, q, "erp"), openCursor(t, q, "bi")
	for _, key := range []string{"both lack it", "erp lacks it", "bi lacks it"} {
		put(t, q, created, key)
	}
	for _, c := range []*Cursor{erp, bi} {
		if err := next(t, c).Retry(time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	ack(t, bi, "erp lacks it")
	if err := next(t, erp).Retry(time.Hour); err != nil {
		t.Fatal(err)
	}
	ack(t, erp, "bi lacks it")
	all := q.Left(t.Context())
	for _, want := range [][]string{
		{"both lack it for bi,erp", "erp lacks it for erp", "bi lacks it for bi"}, {"erp lacks it for erp", "bi lacks it for bi"},
	} {
		var got []string
		for l, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(l.Sinks)
			got = append(got, fmt.Sprintf("%s for %s", l.Body, strings.Join(l.Sinks, ",")))
			if !l.Everybody {
				continue
			}
			if err := q.Remove(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		erp.out.doubt()
	}
}

// What an earlier process was handed out cannot be told apart from what it had acknowledged after that: rather all of it
// twice than one of it never.
func TestLeftByAnEarlierProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q := open(t, dir, limits)
	erp := openCursor(t, q, "erp")
	for _, key := range []string{"first", "second", "third"} {
		put(t, q, created, key)
	}
	ack(t, erp, "first")
	if err := next(t, erp).Retry(time.Hour); err != nil {
		t.Fatal(err)
	}
	ack(t, erp, "third")
	q.Close()

	q = open(t, dir, limits)
	if diff := cmp.Diff([]string{"second for erp, thus everybody", "third for erp, thus everybody"}, left(t, q)); diff != "" {
		t.Error(diff)
	}
}

func TestAdoptWhatIsLeft(t *testing.T) {
	t.Parallel()
	from, to := open(t, t.TempDir(), limits), open(t, t.TempDir(), limits)
	for _, sink := range []string{"erp", "bi", "gone"} {
		openCursor(t, from, sink)
	}
	cursors := map[string]*Cursor{"erp": openCursor(t, to, "erp"), "bi": openCursor(t, to, "bi")}
	put(t, from, created, "for all")
	put(t, from, created, "for erp")
	put(t, from, created, "dead letter")
	for _, c := range from.ourCursors() {
		if err := next(t, c).Retry(time.Hour); err != nil {
			t.Fatal(err)
		}
		second := next(t, c)
		if c.sink == "bi" {
			if err := second.Ack(); err != nil {
				t.Fatal(err)
			}
		} else if err := second.Retry(time.Hour); err != nil {
			t.Fatal(err)
		}
		third := next(t, c)
		if c.sink != "erp" {
			if err := third.Ack(); err != nil {
				t.Fatal(err)
			}
		} else if err := third.Bury(t.Context(), "refused", "no"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the answer to the first time may have been lost
		for l, err := range from.Left(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if err := to.Adopt(t.Context(), created, superoffice.DedupKey(l.Body), l); err != nil {
				t.Fatal(err)
			}
		}
	}
	ack(t, cursors["erp"], "for all")
	ack(t, cursors["erp"], "for erp")
	nothing(t, cursors["erp"])
	ack(t, cursors["bi"], "for all")
	nothing(t, cursors["bi"])
	if diff := cmp.Diff([]string{"dead letter dead for erp"}, left(t, to)); diff != "" {
		t.Error(diff)
	}

	for l, err := range from.Left(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if err := from.Remove(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() string { // until the engine has taken note of what is gone, all counts that may be under way
		if got := left(t, from); len(got) > 0 {
			return fmt.Sprintf("still left: %q", got)
		}
		return ""
	})
}

// The age of an event goes on where it was, so that no event is tried for ever because pods come and go.
func TestAdoptKeepsTheAge(t *testing.T) {
	t.Parallel()
	q := open(t, t.TempDir(), limits)
	erp := openCursor(t, q, "erp")
	received, since := time.Now().Add(-30*time.Minute).Round(0), time.Now().Add(-10*time.Minute).Round(0)
	l := &Left{Message: message("replayed"), Sinks: []string{"erp"}, Since: since}
	l.Received = received
	if err := q.Adopt(t.Context(), created, "key", l); err != nil {
		t.Fatal(err)
	}
	if d := next(t, erp); !d.Received.Equal(received) || !d.Since.Equal(since) || d.Attempt != 1 {
		t.Errorf("received %s, since %s, attempt %d; want %s, %s, 1", d.Received, d.Since, d.Attempt, received, since)
	}
}
