// SPDX-License-Identifier: Apache-2.0

package tail

import (
	"bytes"
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/exit"
	"github.com/superoffice-webhook/operator/receiver/admin"
	"github.com/superoffice-webhook/operator/receiver/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = time.Minute

// buffer can be written and read at the same time.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// station is the admin port of a receiver.
func station(t *testing.T) (url string, f *feed.Feed) {
	t.Helper()
	f = &feed.Feed{}
	server := httptest.NewServer(admin.NewHandler(nil, nil, f, prometheus.NewRegistry()))
	t.Cleanup(server.Close)
	return server.URL, f
}

// run runs the command beside a function that goes on once somebody listens to all of the feeds.
func run(t *testing.T, args []string, feeds []*feed.Feed, meanwhile func(stop context.CancelFunc)) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := NewCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var out, notes buffer
	cmd.SetOut(&out)
	cmd.SetErr(&notes)
	cmd.SetArgs(args)
	ended := make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	for _, f := range feeds {
		for tick := time.Tick(time.Millisecond); !f.Listening() && ctx.Err() == nil; { // a glance at what tells no channel
			<-tick
		}
	}
	if meanwhile != nil {
		meanwhile(cancel)
	}
	err = <-ended
	return out.String(), notes.String(), err
}

var events = []feed.Event{
	{Time: time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC), Stage: feed.Intake, Result: "Stored", Status: 200, Event: "activity.created", EventID: "a-1", Bytes: 812, Seconds: 0.00042, BodyText: "{\r\n}"},
	{Time: time.Date(2026, 2, 3, 4, 5, 6, 790e6, time.UTC), Stage: feed.Delivery, Result: feed.Delivered, Sink: "erp", Attempt: 1, Event: "activity.created", EventID: "a-1", Bytes: 812, Seconds: 0.0123, BodyText: "{\r\n}"},
	{Time: time.Date(2026, 2, 3, 4, 5, 7, 0, time.UTC), Stage: feed.Intake, Result: "SignatureMismatch", Status: 401, Bytes: 20},
	{Time: time.Date(2026, 2, 3, 4, 5, 8, 0, time.UTC), Stage: feed.Delivery, Result: feed.Retry, Sink: "bi", Attempt: 3, Event: "activity.changed", EventID: "b-2", Bytes: 1500, Seconds: 1.5, Error: "the sink answered 503\x1b[2J"},
	{Time: time.Date(2026, 2, 3, 4, 5, 9, 0, time.UTC), Stage: feed.Delivery, Result: feed.Dead, Sink: "bi", Attempt: 1, Event: "activity.changed", EventID: "c-3", Bytes: 1500, Seconds: 0.2, Error: "the sink answered 400"},
}

func TestLines(t *testing.T) {
	t.Parallel()
	lines := []string{
		"04:05:06.789  R  -> 200 Stored                 activity.created a-1  812 B, 420µs",
		"04:05:06.790  R  erp <- delivered              activity.created a-1  812 B, 12.3ms",
		"04:05:07.000  R  -> 401 SignatureMismatch      - -  20 B, 0s",
		"04:05:08.000  R  bi <- failed, attempt 3       activity.changed b-2  1.46 KiB, 1.5s: the sink answered 503 [2J",
		"04:05:09.000  R  bi <- dead                    activity.changed c-3  1.46 KiB, 200ms: the sink answered 400",
	}
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"all":                        {[]string{"--limit", "5"}, lines},
		"the first two, with bodies": {[]string{"--limit", "2", "--bodies"}, []string{lines[0], "{\n}", lines[1], "{\n}"}},
		"of one sink":                {[]string{"--limit", "2", "--sink", "bi"}, lines[3:]},
		"of one event":               {[]string{"--limit", "2", "--event", "activity.created"}, lines[:2]},
		"what failed":                {[]string{"--limit", "3", "--failed"}, lines[2:]},
		"what failed at one sink":    {[]string{"--limit", "2", "--failed", "--sink", "bi"}, lines[3:]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, f := station(t)
			stdout, _, err := run(t, append(test.args, "--url", url), []*feed.Feed{f}, func(context.CancelFunc) {
				for _, e := range events {
					f.Publish(e)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.ReplaceAll(stdout, strings.TrimPrefix(url, "http://"), "R")
			if diff := cmp.Diff(strings.Join(test.want, "\n")+"\n", got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	url, f := station(t)
	stdout, _, err := run(t, []string{"--url", url, "-o", "json", "--limit", "1"}, []*feed.Feed{f}, func(context.CancelFunc) { f.Publish(events[0]) })
	want := `{"receiver":"` + strings.TrimPrefix(url, "http://") + `","time":"2026-02-03T04:05:06.789Z","stage":"intake","result":"Stored","status":200,"event":"activity.created","eventId":"a-1","bytes":812,"seconds":0.00042}` + "\n"
	if diff := cmp.Diff(want, stdout); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestSeveralReceivers(t *testing.T) {
	t.Parallel()
	a, fa := station(t)
	b, fb := station(t)
	stdout, stderr, err := run(t, []string{"--url", a, "--url", "http://127.0.0.1:1", "--url", b, "--limit", "2"}, []*feed.Feed{fa, fb}, func(context.CancelFunc) {
		fa.Publish(events[0])
		fb.Publish(events[0])
	})
	if err != nil || strings.Count(stdout, "Stored") != 2 {
		t.Errorf("%v: %s %s", err, stdout, stderr)
	}
}

// TestInterrupt is how it is meant to end.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	url, f := station(t)
	_, _, err := run(t, []string{"--url", url}, []*feed.Feed{f}, func(stop context.CancelFunc) { stop() })
	if err != nil {
		t.Error(err)
	}
	_, _, err = run(t, []string{"--url", url, "--for", "1ms"}, nil, nil)
	if err != nil {
		t.Error(err)
	}
}

func TestNobodyToListenTo(t *testing.T) {
	t.Parallel()
	url, f := station(t)
	for range feed.MaxListeners {
		l, err := f.Listen(false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
	}
	other := httptest.NewServer(nil)
	t.Cleanup(other.Close)
	for at, want := range map[string]string{
		"http://127.0.0.1:1": "receiver 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused",
		url:                  "receiver " + strings.TrimPrefix(url, "http://") + ": too many are listening already",
		other.URL:            "receiver " + strings.TrimPrefix(other.URL, "http://") + ": it answers 404 Not Found: is that the admin port of a receiver of this version?",
	} {
		_, _, err := run(t, []string{"--url", at}, nil, nil)
		if err == nil || err.Error() != want || exit.Of(err) != exit.Failed {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                           "name the SuperOfficeWebhook whose receivers to listen to, or give --url",
		"crm bi":                     "name one SuperOfficeWebhook",
		"crm --url http://a":         "a name, --namespace, --context, --kubeconfig and --request-timeout are for a SuperOfficeWebhook and exclude --url",
		"crm --limit -1":             "--limit must not be below 0",
		"crm --for -1s":              "--for must not be below 0",
		"--url http://a?code=marker": `--url must be an http or https URL without a query, like "http://127.0.0.1:8081"`,
		"crm -o yaml":                `invalid argument "yaml" for "-o, --output" flag: must be json`,
	} {
		_, _, err := run(t, strings.Fields(args), nil, nil)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}
