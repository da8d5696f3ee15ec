// SPDX-License-Identifier: Apache-2.0

package deadletter_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-02-03T04:05:06Z":           time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC),
		"2026-02-03T04:05:06.000000007Z": time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC),
		"2026-02-03T04:05:06+02:00":      time.Date(2026, 2, 3, 2, 5, 6, 0, time.UTC),
		"2h30m":                          time.Date(2026, 2, 3, 9, 30, 0, 0, time.UTC),
		"0s":                             now,
	} {
		if got, err := deadletter.ParseTime(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s is %s, error %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "2026-02-03", "2026-02-03T04:05:06", "2", "-1h", "2026-02-03T04:05:06 02:00"} {
		if got, err := deadletter.ParseTime(text, now); err == nil {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)
	letter := deadletter.Letter{ID: 7, Sink: "erp", Event: "activity.created", EventID: "aB", Died: at}
	noEvent := deadletter.Letter{ID: 7, Died: at}
	for name, c := range map[string]struct {
		selection deadletter.Selection
		letter    deadletter.Letter
		want      bool
	}{
		"everything":                   {deadletter.Selection{}, letter, true},
		"its sink":                     {deadletter.Selection{Sink: "erp"}, letter, true},
		"another sink":                 {deadletter.Selection{Sink: "bi"}, letter, false},
		"a sink, of what was for none": {deadletter.Selection{Sink: "erp"}, noEvent, false},
		"no sink":                      {deadletter.Selection{Sink: deadletter.NoSink}, noEvent, true},
		"no sink, of what was for one": {deadletter.Selection{Sink: deadletter.NoSink}, letter, false},
		"its event":                    {deadletter.Selection{Event: "activity.created"}, letter, true},
		"another event":                {deadletter.Selection{Event: "activity.changed"}, letter, false},
		"an event, of what holds none": {deadletter.Selection{Event: "activity.created"}, noEvent, false},
		"its EventId in another case":  {deadletter.Selection{EventID: "Ab"}, letter, true},
		"another EventId":              {deadletter.Selection{EventID: "abc"}, letter, false},
		"since just then":              {deadletter.Selection{Since: at}, letter, true},
		"since later":                  {deadletter.Selection{Since: at.Add(1)}, letter, false},
		"until just then":              {deadletter.Selection{Until: at}, letter, false},
		"until later":                  {deadletter.Selection{Until: at.Add(1)}, letter, true},
		"its id among others":          {deadletter.Selection{IDs: []uint64{1, 7}}, letter, true},
		"other ids":                    {deadletter.Selection{IDs: []uint64{1, 77}}, letter, false},
		"one of two conditions":        {deadletter.Selection{Sink: "erp", Event: "activity.changed"}, letter, false},
	} {
		if got := c.selection.Matches(c.letter); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
		if got, want := c.selection.Everything(), name == "everything"; got != want {
			t.Errorf("%s means everything: %t", name, got)
		}
	}
	t.Run("as parameters", func(t *testing.T) {
		all := deadletter.Selection{
			Sink: "erp", Event: "activity.created", EventID: "a b",
			Since: at.In(time.FixedZone("", 3600)), Until: at.Add(time.Hour), IDs: []uint64{1, 7},
		}
		want := "event=activity.created&eventId=a+b&id=1&id=7&since=2026-02-03T04%3A05%3A06.000000007Z&sink=erp" +
			"&until=2026-02-03T05%3A05%3A06.000000007Z"
		if got := all.Values().Encode(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := (deadletter.Selection{}).Values().Encode(); got != "" {
			t.Errorf("everything is %q", got)
		}
	})
}

func TestBody(t *testing.T) {
	t.Parallel()
	for _, want := range []deadletter.Letter{{}, {BodyText: "\r\n<ü>\u2028\x00"}, {BodyBase64: []byte("3\xff\x00")}} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got deadletter.Letter
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.BodyText+string(want.BodyBase64), string(got.Body())); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}
