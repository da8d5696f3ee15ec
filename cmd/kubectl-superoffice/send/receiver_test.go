// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver"
	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/status"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// counterpart is a receiver, with an endpoint as its only sink.
type counterpart struct {
	*receiver.Receiver
	url  string
	sink *endpoint
	end  func() error
}

func startReceiver(t *testing.T) *counterpart {
	t.Helper()
	c := &counterpart{sink: serve(t, nil)}
	text, err := (&config.Config{
		APIVersion: config.APIVersion,
		Intake: config.Intake{
			Address: "127.0.0.1:0", Path: "/hooks/crm", Secrets: []config.SharedSecret{{Name: "current", File: "secret"}},
		},
		Admin:  config.Admin{Address: "127.0.0.1:0"},
		Events: superoffice.ActivityEvents(),
		Sinks:  []config.Sink{{Name: "erp", Format: config.Raw, HTTP: &config.HTTP{URL: c.sink.URL}}},
	}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	file := writeFile(t, "receiver.yaml", string(text))
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "secret"), []byte(secretMarker), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Receiver, err = receiver.Open(t.Context(), receiver.Options{
		ConfigFile: file, DataDir: filepath.Join(t.TempDir(), "queue"), DrainTimeout: deadline, Log: logr.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.url = "http://" + c.IntakeAddress() + "/hooks/crm"
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	c.end = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := c.end(); err != nil {
			t.Errorf("the receiver: %v", err)
		}
	})
	return c
}

// status is what the receiver tells on its admin port.
func (c *counterpart) status(t *testing.T) status.Status {
	t.Helper()
	answer, err := http.Get("http://" + c.AdminAddress() + "/status")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var s status.Status
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// delivered ends the receiver, which first delivers all that it has stored, and returns what the sink was sent, sorted by
// its body: no order is promised.
func (c *counterpart) delivered(t *testing.T) []received {
	t.Helper()
	if err := c.end(); err != nil {
		t.Fatalf("the receiver: %v", err)
	}
	all := c.sink.all()
	slices.SortFunc(all, func(a, b received) int { return strings.Compare(a.body, b.body) })
	return all
}

func (c *counterpart) bodies(t *testing.T) []string {
	t.Helper()
	var bodies []string
	for _, r := range c.delivered(t) {
		bodies = append(bodies, r.body)
	}
	return bodies
}

// agrees holds the report and the error of a run against what is expected of it.
func agrees(t *testing.T, s said, want report, message string) {
	t.Helper()
	if diff := cmp.Diff(want, s.summary(t), cmpopts.IgnoreUnexported(report{})); diff != "" {
		t.Errorf("the report (-want +got)\n%s", diff)
	}
	if s.message() != message {
		t.Errorf("the error is %q, want %q", s.message(), message)
	}
	if s.stderr != "" {
		t.Errorf("on standard error: %q", s.stderr)
	}
}

func TestReceiver(t *testing.T) {
	t.Parallel()
	activity := func(t *testing.T) string { return string(sample(t, superoffice.ActivityCreated)) }
	crlf := func(t *testing.T) string { return strings.ReplaceAll(activity(t), "\n", "\r\n") }
	answered := func(n int) report { return report{Events: n, Attempts: n, Answers: map[string]int{"200": n}} }

	for name, test := range map[string]struct {
		args func(t *testing.T) []string
		want report
		// delivered are the bodies that the sink gets, in any order.
		delivered func(t *testing.T) []string
		buried    int64
	}{
		"takes activity.created when nothing else is asked for": {
			args:      func(*testing.T) []string { return nil },
			want:      answered(1),
			delivered: func(t *testing.T) []string { return []string{activity(t)} },
		},
		"takes samples byte for byte": {
			args: func(*testing.T) []string { return superoffice.ActivityEvents() },
			want: answered(3),
			delivered: func(t *testing.T) []string {
				var all []string
				for _, event := range superoffice.ActivityEvents() {
					all = append(all, string(sample(t, event)))
				}
				return all
			},
		},
		"takes a file byte for byte": {
			args:      func(t *testing.T) []string { return []string{"-f", writeFile(t, "body", crlf(t))} },
			want:      answered(1),
			delivered: func(t *testing.T) []string { return []string{crlf(t)} },
		},
		"recognises an event that is repeated": {
			args:      func(*testing.T) []string { return []string{"--fresh=false", "-n", "3"} },
			want:      answered(3),
			delivered: func(t *testing.T) []string { return []string{activity(t)} },
		},
		"answers a test event and keeps it to itself": {
			args: func(*testing.T) []string { return []string{"--test"} },
			want: answered(1),
		},
		"answers a real event that is marked as a test and keeps it to itself": {
			args: func(*testing.T) []string { return []string{"--test", superoffice.ActivityCreated} },
			want: answered(1),
		},
		"answers an event that nobody wants and keeps it to itself": {
			args: func(*testing.T) []string { return []string{"contact.changed"} },
			want: answered(1),
		},
		"keeps authentic rubbish as a dead letter": {
			args:   func(t *testing.T) []string { return []string{"--unchecked", "-f", writeFile(t, "body", "rubbish")} },
			want:   answered(1),
			buried: 1,
		},
		"refuses forged events, which is a success": {
			args: func(*testing.T) []string { return []string{"--forge", "-n", "20"} },
			want: report{Events: 20, Attempts: 20, Answers: map[string]int{"401": 20}},
		},
		"refuses a forged test event, which is a success": {
			args: func(*testing.T) []string { return []string{"--forge", "--test"} },
			want: report{Events: 1, Attempts: 1, Answers: map[string]int{"401": 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := startReceiver(t)
			agrees(t, run(t, to(t, c.url, append(test.args(t), "-o", "json")...)...), test.want, "")
			if got := c.status(t).Queue.DeadLettered; got != test.buried {
				t.Errorf("%d dead letters, want %d", got, test.buried)
			}
			var want []string
			if test.delivered != nil {
				want = test.delivered(t)
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, c.bodies(t)); diff != "" {
				t.Errorf("the sink (-want +got)\n%s", diff)
			}
		})
	}
}

func TestManyFreshEventsAreAsManyDifferentOnes(t *testing.T) {
	t.Parallel()
	c := startReceiver(t)
	const n = 50
	s := run(t, to(t, c.url, "-n", "50", "-o", "json", superoffice.ActivityCreated, superoffice.ActivityDeleted)...)
	agrees(t, s, report{Events: n, Attempts: n, Answers: map[string]int{"200": n}}, "")
	ids, names := map[string]int{}, map[string]int{}
	for _, r := range c.delivered(t) {
		e := parse(t, []byte(r.body))
		ids[e.ID]++
		names[e.Name]++
		if got := r.header.Get(superoffice.HeaderEventID); got != e.ID {
			t.Errorf("the header tells the EventId %s, the body %s", got, e.ID)
		}
	}
	if len(ids) != n {
		t.Errorf("%d different events arrived, want %d", len(ids), n)
	}
	if diff := cmp.Diff(map[string]int{superoffice.ActivityCreated: n / 2, superoffice.ActivityDeleted: n / 2}, names); diff != "" {
		t.Errorf("the samples do not take turns (-want +got)\n%s", diff)
	}
}

func TestWrongSecretIsAFailure(t *testing.T) {
	t.Parallel()
	c := startReceiver(t)
	s := run(t, "--url", c.url, "--secret-file", writeFile(t, "secret", "another"), "-o", "json")
	agrees(t, s, report{
		Events: 1, Attempts: 1, Answers: map[string]int{"401": 1},
		Unexpected: 1, FirstUnexpected: `401 Unauthorized: "the signature does not match"`,
	}, "1 of 1 events were not answered with 200 OK")
	if got := c.bodies(t); got != nil {
		t.Errorf("the sink got %q", got)
	}
}
