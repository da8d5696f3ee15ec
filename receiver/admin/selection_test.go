// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/superoffice-webhook/operator/receiver/admin"
	"github.com/superoffice-webhook/operator/receiver/deadletter"
	"github.com/superoffice-webhook/operator/receiver/feed"
	"github.com/superoffice-webhook/operator/receiver/queue/queuetest"
)

func event(name, id string) string { return fmt.Sprintf(`{"Event": %q, "EventId": %q}`, name, id) }

// compact is the same event in another body.
func compact(body string) string { return strings.ReplaceAll(body, " ", "") }

// eventful has dead letters with events of two sinks, and one of intake.
func eventful(t *testing.T) *box {
	t.Helper()
	b := open(t)
	b.kill(t, "erp", event("activity.created", "a-1"))
	b.kill(t, "bi", compact(event("activity.created", "a-1")))
	b.kill(t, "erp", event("activity.changed", "a-1"))
	b.Keep(t, "{")
	b.kill(t, "erp", event("activity.created", "b-2"))
	return b
}

// died is when a dead letter of this id died, as a parameter.
func (b *box) died(t *testing.T, id uint64) string {
	t.Helper()
	for _, l := range b.list(t, "") {
		if l.ID == id {
			return url.QueryEscape(l.Died.Format(time.RFC3339Nano))
		}
	}
	t.Fatalf("there is no dead letter %d", id)
	return ""
}

func TestSelection(t *testing.T) {
	t.Parallel()
	b := eventful(t)
	t.Run("tells which events they are", func(t *testing.T) {
		var got []string
		for _, l := range b.list(t, "?sink=erp") {
			got = append(got, l.Event+" "+l.EventID)
		}
		if diff := cmp.Diff([]string{"activity.created a-1", "activity.changed a-1", "activity.created b-2"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	third := b.died(t, 3)
	for query, want := range map[string][]uint64{
		"event=activity.created":                     {1, 2, 5},
		"event=activity.created&sink=erp":            {1, 5},
		"event=activity.created&limit=1&after=1":     {2},
		"event=activity":                             {},
		"eventId=a-1":                                {1, 2, 3},
		"eventId=A-1&event=activity.changed":         {3},
		"since=" + third:                             {3, 4, 5},
		"until=" + third:                             {1, 2},
		"since=1h":                                   {1, 2, 3, 4, 5},
		"until=1h":                                   {},
		"since=1h&until=0s&sink=-":                   {4},
		"since=" + third + "&event=activity.created": {5},
	} {
		t.Run("takes "+query, func(t *testing.T) {
			if diff := cmp.Diff(want, ids(b.list(t, "?"+query))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestSelectionThatIsWrong(t *testing.T) {
	t.Parallel()
	b := eventful(t)
	const (
		selecting = "sink, event, eventId, since, until, id"
		nothing   = "nothing is selected: give at least one of " + selecting + ", or all=true for every dead letter"
	)
	purge := func(query string) answer { return ask(t, http.MethodDelete, b.url+"/dead-letters"+query) }
	replay := func(query string) answer { return ask(t, http.MethodPost, b.url+"/dead-letters/replay"+query) }
	type requests map[string]func(query string) answer
	both := requests{"purge": purge, "replay": replay}
	for query, c := range map[string]struct {
		by   requests
		want string
	}{
		"":                              {both, nothing},
		"?dryRun=true":                  {both, nothing},
		"?all=false":                    {both, nothing},
		"?all=true&sink=erp":            {both, "all: means everything; leave it out to mean what else is given"},
		"?all=yes":                      {both, `all: "yes" is neither true nor false`},
		"?sink=":                        {both, "sink: is empty; leave it out or give a value"},
		"?sink=erp&event=":              {both, "event: is empty; leave it out or give a value"},
		"?sink=erp&dryRun":              {both, "dryRun: is empty; leave it out or give a value"},
		"?sink=erp&dryRun=1":            {both, `dryRun: "1" is neither true nor false`},
		"?sink=erp&id=x":                {both, `id: "x" is not a number from 0 to 9223372036854775807`},
		"?sink=erp&since=2h&until=3h":   {both, "since: must be before until"},
		"?since=yesterday":              {both, `since: "yesterday" is neither a time like 2026-02-03T04:05:06Z nor how long ago that was, like 2h30m`},
		"?until=-2h":                    {both, `until: "-2h" is neither a time like 2026-02-03T04:05:06Z nor how long ago that was, like 2h30m`},
		"?sink=erp&Event=x":             {requests{"purge": purge}, `"Event" is no parameter here: there are ` + selecting + ", all, dryRun"},
		"?sink=erp&rate=1":              {requests{"purge": purge}, `"rate" is no parameter here: there are ` + selecting + ", all, dryRun"},
		"?sink=erp&limit=1":             {requests{"replay": replay}, `"limit" is no parameter here: there are ` + selecting + ", all, dryRun, rate"},
		"?sink=erp&rate=0":              {requests{"replay": replay}, `rate: "0" is not a number of events per second from 0.001 to 1000000`},
		"?sink=erp&rate=NaN":            {requests{"replay": replay}, `rate: "NaN" is not a number of events per second from 0.001 to 1000000`},
		"?sink=erp&rate=fast&dryRun=no": {requests{"replay": replay}, `dryRun: "no" is neither true nor false` + "\n" + `rate: "fast" is not a number of events per second from 0.001 to 1000000`},
		"?sink=%zz":                     {both, `the query cannot be read: invalid URL escape "%zz"`},
		"?sink=erp;event=x":             {both, "the query cannot be read: invalid semicolon separator in query"},
	} {
		for name, by := range c.by {
			t.Run(name+" refuses "+query, func(t *testing.T) {
				refused(t, by(query), http.StatusBadRequest, c.want)
			})
		}
	}
	t.Run("a single one takes none", func(t *testing.T) {
		const want = `"dryRun" is no parameter here: there are none`
		refused(t, ask(t, http.MethodDelete, b.url+"/dead-letters/1?dryRun=true"), http.StatusBadRequest, want)
		refused(t, ask(t, http.MethodPost, b.url+"/dead-letters/1/replay?dryRun=true"), http.StatusBadRequest, want)
	})
	if diff := cmp.Diff([]uint64{1, 2, 3, 4, 5}, ids(b.list(t, ""))); diff != "" {
		t.Errorf("afterwards (-want +got)\n%s", diff)
	}
}

func TestReplayOfASelection(t *testing.T) {
	t.Parallel()
	b := eventful(t)
	replay := func(t *testing.T, query string) deadletter.Replayed {
		t.Helper()
		return read[deadletter.Replayed](t, ask(t, http.MethodPost, b.url+"/dead-letters/replay?"+query), http.StatusOK)
	}
	for _, c := range []struct {
		name, query string
		want        deadletter.Replayed
		arrive      map[string][]string // by sink
		left        []uint64
	}{
		{
			name: "tells what it would do, and does nothing", query: "all=true&dryRun=true",
			want: deadletter.Replayed{
				DryRun: true, Selected: 5, IDs: []uint64{1, 2, 3, 5}, NotReplayable: map[string]int{"it holds no event": 1},
			},
			left: []uint64{1, 2, 3, 4, 5},
		},
		{
			name: "sends what meets all conditions", query: "eventId=A-1&event=activity.created",
			want: deadletter.Replayed{Selected: 2, Replayed: 2},
			arrive: map[string][]string{
				"erp": {event("activity.created", "a-1")}, "bi": {compact(event("activity.created", "a-1"))},
			},
			left: []uint64{3, 4, 5},
		},
		{
			name: "sends nothing where nothing meets them", query: "eventId=a-1&sink=bi",
			left: []uint64{3, 4, 5},
		},
		{
			name: "sends those that are named", query: "id=5&id=1",
			want:   deadletter.Replayed{Selected: 1, Replayed: 1},
			arrive: map[string][]string{"erp": {event("activity.created", "b-2")}},
			left:   []uint64{3, 4},
		},
		{
			name: "leaves what cannot be replayed", query: "all=true&dryRun=false",
			want:   deadletter.Replayed{Selected: 2, Replayed: 1, NotReplayable: map[string]int{"it holds no event": 1}},
			arrive: map[string][]string{"erp": {event("activity.changed", "a-1")}},
			left:   []uint64{4},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, replay(t, c.query)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for sink, bodies := range c.arrive {
				for _, want := range bodies {
					d := b.Next(t, sink)
					if string(d.Body) != want || d.Attempt != 1 {
						t.Errorf("sink %s got %q in attempt %d, want %q in the first", sink, d.Body, d.Attempt, want)
					}
					if err := d.Ack(); err != nil {
						t.Fatal(err)
					}
				}
			}
			if diff := cmp.Diff(c.left, ids(b.list(t, ""))); diff != "" {
				t.Errorf("what is left (-want +got)\n%s", diff)
			}
		})
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	b := eventful(t)
	for _, c := range []struct {
		name, query string
		want        deadletter.Purged
		left        []uint64
	}{
		{
			"tells what it would do, and does nothing", "sink=erp&dryRun=true",
			deadletter.Purged{DryRun: true, Selected: 3, IDs: []uint64{1, 3, 5}},
			[]uint64{1, 2, 3, 4, 5},
		},
		{"removes what meets all conditions", "sink=erp&eventId=a-1", deadletter.Purged{Selected: 2, Purged: 2}, []uint64{2, 4, 5}},
		{"removes nothing where nothing meets them", "sink=nobody", deadletter.Purged{}, []uint64{2, 4, 5}},
		{"removes what holds no event", "sink=-", deadletter.Purged{Selected: 1, Purged: 1}, []uint64{2, 5}},
		{"removes everything when told so", "all=true", deadletter.Purged{Selected: 2, Purged: 2}, []uint64{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read[deadletter.Purged](t, ask(t, http.MethodDelete, b.url+"/dead-letters?"+c.query), http.StatusOK)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.left, ids(b.list(t, ""))); diff != "" {
				t.Errorf("what is left (-want +got)\n%s", diff)
			}
		})
	}
}

func TestReplayAtARate(t *testing.T) {
	t.Parallel()
	b := open(t)
	const n, perSecond = 4, 20
	for i := range n {
		b.kill(t, "erp", fmt.Sprint(i))
	}
	began := time.Now()
	got := read[deadletter.Replayed](t, ask(t, http.MethodPost, fmt.Sprintf("%s/dead-letters/replay?sink=erp&rate=%d", b.url, perSecond)), http.StatusOK)
	if diff := cmp.Diff(deadletter.Replayed{Selected: n, Replayed: n}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if took, least := time.Since(began), time.Second*(n-1)/perSecond; took < least {
		t.Errorf("it took %s, want %s at least", took, least)
	}
}

// hangingUp is a queue whose client hangs up while one dead letter is being replayed.
type hangingUp struct {
	*queuetest.Queue
	at     uint64
	hangUp context.CancelFunc
}

func (h *hangingUp) Replay(ctx context.Context, id uint64) error {
	if id == h.at {
		h.hangUp()
	}
	return h.Queue.Replay(ctx, id)
}

func TestInterruptedReplayLosesNothingAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	b := open(t)
	for i := range 4 {
		b.kill(t, "erp", fmt.Sprint(i+1))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	handler := admin.NewHandler(&fake{}, &hangingUp{b.Queue, 2, cancel}, &feed.Feed{}, prometheus.NewRegistry())
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/dead-letters/replay?sink=erp", http.NoBody)
	handler.ServeHTTP(httptest.NewRecorder(), request)
	if diff := cmp.Diff([]uint64{3, 4}, ids(b.list(t, ""))); diff != "" {
		t.Fatalf("what is left (-want +got)\n%s", diff)
	}
	ask(t, http.MethodPost, b.url+"/dead-letters/replay?sink=erp")
	for i := range 4 {
		d := b.Next(t, "erp")
		if want := fmt.Sprint(i + 1); string(d.Body) != want {
			t.Errorf("got %q, want %q", d.Body, want)
		}
		if err := d.Ack(); err != nil {
			t.Fatal(err)
		}
	}
}
