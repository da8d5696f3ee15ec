// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReplay(t *testing.T) {
	t.Parallel()
	s := eventful(t)
	of := " of " + s.name
	t.Run("shows what it would do, and does nothing", func(t *testing.T) {
		got := run(t, "replay", "--url", s.url, "--all", "--dry-run")
		got.fails(t, "")
		want := "Would replay 3 dead letters" + of + ":\nID DIED SINK EVENT EVENTID ATTEMPTS REASON\n" +
			"1 TIME erp activity.created a-1 1 the sink answered 400 Bad Request\n" +
			"2 TIME bi activity.changed a-1 1 the sink answered 400 Bad Request\n" +
			"4 TIME erp activity.created b-2 1 the sink answered 400 Bad Request\n" +
			"1 cannot be replayed: it holds no event\n"
		if diff := cmp.Diff(want, untimed(got.stdout)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]uint64{1, 2, 3, 4}, s.left(t)); diff != "" {
			t.Errorf("what is left (-want +got)\n%s", diff)
		}
	})
	t.Run("sends what is selected", func(t *testing.T) {
		got := run(t, "replay", "--url", s.url, "--sink", "erp", "--since", "1h", "--rate", "1000")
		got.fails(t, "")
		if want := "Replayed 2 dead letters" + of + ".\n"; got.stdout != want || got.stderr != "" {
			t.Errorf("got %+v, want %q", got, want)
		}
		s.arrives(t, "erp", created, "a-1")
		s.arrives(t, "erp", created, "b-2")
		if diff := cmp.Diff([]uint64{2, 3}, s.left(t)); diff != "" {
			t.Errorf("what is left (-want +got)\n%s", diff)
		}
	})
	t.Run("fails in part when something cannot be replayed", func(t *testing.T) {
		got := run(t, "replay", "--url", s.url, "--all", "-o", "json")
		got.fails(t, "not all was done: 1 cannot be replayed: it holds no event")
		if !errors.Is(got.err, ErrPartial) {
			t.Error("it is no partial failure")
		}
		want := []outcome{{Receiver: s.name, Selected: 2, Done: 1, NotReplayable: map[string]int{"it holds no event": 1}}}
		if diff := cmp.Diff(want, reads[[]outcome](t, got)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		s.arrives(t, "bi", changed, "a-1")
	})
	t.Run("fails when nothing can be replayed", func(t *testing.T) {
		got := run(t, "replay", "--url", s.url, "--id", "3")
		got.fails(t, "nothing was replayed: 1 cannot be replayed: it holds no event")
		if errors.Is(got.err, ErrPartial) {
			t.Error("it is a partial failure")
		}
	})
	t.Run("tells that there is nothing", func(t *testing.T) {
		got := run(t, "replay", "--url", s.url, "--sink", "erp")
		got.fails(t, "")
		if want := "There are no such dead letters in " + s.name + ".\n"; got.stdout != want {
			t.Errorf("got %q, want %q", got.stdout, want)
		}
	})
}

func TestReplayOfSeveralReceivers(t *testing.T) {
	t.Parallel()
	a, b := open(t), open(t)
	for i, s := range []*station{a, b, a, b} {
		s.kill(t, "erp", created, fmt.Sprint(i))
	}
	t.Run("sends that of one when it is named", func(t *testing.T) {
		run(t, "replay", "--url", a.url, "--url", b.url, "--id", b.name+"/1").fails(t, "")
		b.arrives(t, "erp", created, "1")
		if diff := cmp.Diff([][]uint64{{1, 2}, {2}}, [][]uint64{a.left(t), b.left(t)}); diff != "" {
			t.Errorf("what is left (-want +got)\n%s", diff)
		}
	})
	t.Run("goes on when one does not answer", func(t *testing.T) {
		got := run(t, "replay", "--url", a.url, "--url", nobody, "--url", b.url, "--sink", "erp", "--rate", "100", "-o", "json")
		got.fails(t, "not all was done: receiver 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused")
		want := []outcome{
			{Receiver: a.name, Selected: 2, Done: 2},
			{Receiver: "127.0.0.1:1", DryRun: true, Error: "dial tcp 127.0.0.1:1: connect: connection refused"},
			{Receiver: b.name, Selected: 1, Done: 1},
		}
		if diff := cmp.Diff(want, reads[[]outcome](t, got)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		a.arrives(t, "erp", created, "0")
		a.arrives(t, "erp", created, "2")
		b.arrives(t, "erp", created, "3")
	})
}

// between stands before a station and looks at each request that is to change something.
func between(t *testing.T, s *station, look func(r *http.Request)) string {
	t.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:    &http.Transport{DisableKeepAlives: true},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.URL.Query().Get("dryRun") == "" {
			look(r)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestReplayAtARate(t *testing.T) {
	t.Parallel()
	s := open(t)
	const n = 7
	for i := range n {
		s.kill(t, "erp", created, fmt.Sprint(i))
	}
	var batches []string
	through := between(t, s, func(r *http.Request) {
		batches = append(batches, strings.Join(r.URL.Query()["id"], ",")+" "+r.URL.Query().Get("rate"))
	})
	m := move{verb: replaying}
	for rate, want := range map[float64]int{0: 200, 0.001: 1, 0.5: 2, 5.5: 27, 1e6: 200} {
		if m.rate = rate; m.batch() != want {
			t.Errorf("at a rate of %g a batch has %d, want %d", rate, m.batch(), want)
		}
	}
	began := time.Now()
	run(t, "replay", "--url", through, "--all", "--rate", "20").fails(t, "")
	if diff := cmp.Diff([]string{"1,2,3,4,5,6,7 20"}, batches); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if took, least := time.Since(began), time.Second*(n-1)/20; took < least {
		t.Errorf("it took %s, want %s at least", took, least)
	}
	for i := range n {
		s.arrives(t, "erp", created, fmt.Sprint(i))
	}
}

func TestInterruptedReplay(t *testing.T) {
	t.Parallel()
	s := open(t)
	for i := range 4 {
		s.kill(t, "erp", created, fmt.Sprint(i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var requests atomic.Int32
	through := between(t, s, func(r *http.Request) {
		if requests.Add(1) == 2 {
			cancel()
			<-r.Context().Done() // so that it is not answered before
		}
	})
	got := runWith(ctx, "replay", "--url", through, "--sink", "erp", "--rate", "0.39")
	got.fails(t, "not all was done: interrupted after at least 1 of 4 were replayed; the others are still there")
	if !errors.Is(got.err, ErrPartial) {
		t.Error("it is no partial failure")
	}
	if left := s.left(t); len(left) < 2 {
		t.Errorf("%v are left", left)
	}
	run(t, "replay", "--url", s.url, "--sink", "erp").fails(t, "")
	for i := range 4 {
		s.arrives(t, "erp", created, fmt.Sprint(i))
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	s := eventful(t)
	t.Run("does nothing without --yes", func(t *testing.T) {
		got := run(t, "purge", "--url", s.url, "--sink", "erp")
		got.fails(t, "nothing was purged: give --yes to purge these 2 dead letters for good")
		if want := "Would purge 2 dead letters of " + s.name + ":\n"; !strings.HasPrefix(got.stdout, want) || strings.Count(got.stdout, "\n") != 4 {
			t.Errorf("got %q", got.stdout)
		}
	})
	t.Run("does nothing in a dry run", func(t *testing.T) {
		got := run(t, "purge", "--url", s.url, "--sink", "erp", "--dry-run", "--yes", "-o", "json")
		got.fails(t, "")
		want := []outcome{{Receiver: s.name, DryRun: true, Selected: 2, IDs: []uint64{1, 4}}}
		if diff := cmp.Diff(want, reads[[]outcome](t, got)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]uint64{1, 2, 3, 4}, s.left(t)); diff != "" {
			t.Errorf("what is left (-want +got)\n%s", diff)
		}
	})
	t.Run("removes what is selected", func(t *testing.T) {
		got := run(t, "purge", "--url", s.url, "--sink", "-", "--yes")
		got.fails(t, "")
		if want := "Purged 1 dead letter of " + s.name + ".\n"; got.stdout != want {
			t.Errorf("got %q, want %q", got.stdout, want)
		}
		if diff := cmp.Diff([]uint64{1, 2, 4}, s.left(t)); diff != "" {
			t.Errorf("what is left (-want +got)\n%s", diff)
		}
	})
	t.Run("removes everything when told so", func(t *testing.T) {
		run(t, "purge", "--url", s.url, "--all", "--yes").fails(t, "")
		if left := s.left(t); len(left) > 0 {
			t.Errorf("%v are left", left)
		}
	})
}

func TestOptionsThatAreWrong(t *testing.T) {
	t.Parallel()
	const nothing = "nothing is selected: give at least one of --sink, --event, --event-id, --since, --until and --id, or --all for every dead letter"
	for args, want := range map[string]string{
		"list":                                           "name the SuperOfficeWebhook whose receivers to ask, or give --url",
		"list crm more":                                  `"more" is too much: dead letters are selected by flags`,
		"list http://127.0.0.1":                          "name a SuperOfficeWebhook; a URL is given with --url",
		"list --url 127.0.0.1:8081":                      `--url must be an http or https URL without a query, like "http://127.0.0.1:8081"`,
		"list --url http://a?b":                          `--url must be an http or https URL without a query, like "http://127.0.0.1:8081"`,
		"list --url http://a --url http://a":             "--url names a twice",
		"list --url http://a -n sales":                   "--namespace, --context, --kubeconfig and --request-timeout are for a SuperOfficeWebhook and exclude --url",
		"list --url http://a -o xml":                     `invalid argument "xml" for "-o, --output" flag: must be json or yaml`,
		"list --url http://a --limit -1":                 "--limit must not be below 0",
		"list --url http://a --timeout 0s":               "--timeout must be above 0",
		"list --url http://a --since yesterday":          `--since: "yesterday" is neither a time like 2026-02-03T04:05:06Z nor how long ago that was, like 2h30m`,
		"list --url http://a --since 1h --until 2h":      "--since must be before --until",
		"list --url http://a --id x":                     `--id: "x" names no dead letter: it must be a number, or RECEIVER/NUMBER`,
		"replay --url http://a":                          nothing,
		"replay --url http://a --rate 5":                 nothing,
		"replay --url http://a --all --sink erp":         "--all means every dead letter; leave it out to select by --sink",
		"replay --url http://a --all --rate -1":          "--rate must not be below 0",
		"replay --url http://a --all --yes":              "unknown flag: --yes",
		"replay crm more --all":                          `"more" is too much: dead letters are selected by flags`,
		"purge --url http://a --yes":                     nothing,
		"purge --url http://a --yes --sink=":             "--sink is empty; leave it out or give a value",
		"purge --url http://a --yes --id=":               "--id is empty; leave it out or give a value",
		"purge --url http://a --sink erp --event= --yes": "--event is empty; leave it out or give a value",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			run(t, strings.Fields(args)...).fails(t, want)
		})
	}
}
