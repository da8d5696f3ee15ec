// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// untimed replaces times and widths that differ from run to run.
func untimed(text string) string {
	text = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`).ReplaceAllString(text, "TIME")
	return regexp.MustCompile(` +`).ReplaceAllString(text, " ")
}

func names(list []located) []string {
	all := []string{}
	for _, l := range list {
		all = append(all, l.name(true))
	}
	return all
}

func TestList(t *testing.T) {
	t.Parallel()
	s := eventful(t)
	t.Run("is a table for people", func(t *testing.T) {
		got := run(t, "list", "--url", s.url)
		got.fails(t, "")
		want := `ID DIED SINK EVENT EVENTID ATTEMPTS REASON
1 TIME erp activity.created a-1 1 the sink answered 400 Bad Request
2 TIME bi activity.changed a-1 1 the sink answered 400 Bad Request
3 TIME - - - 0 not JSON
4 TIME erp activity.created b-2 1 the sink answered 400 Bad Request
`
		if diff := cmp.Diff(want, untimed(got.stdout)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	died := reads[[]located](t, run(t, "list", "--url", s.url, "-o", "json"))[1].Died.Format(time.RFC3339Nano)
	for args, want := range map[string][]string{
		"":                                 {"1", "2", "3", "4"},
		"--sink erp":                       {"1", "4"},
		"--sink -":                         {"3"},
		"--event activity.created":         {"1", "4"},
		"--event-id A-1 --sink bi":         {"2"},
		"--since " + died:                  {"2", "3", "4"},
		"--until " + died:                  {"1"},
		"--since 1h":                       {"1", "2", "3", "4"},
		"--until 1h":                       {},
		"--id 1,4 --id 99":                 {"1", "4"},
		"--id " + s.name + "/2":            {"2"},
		"--limit 0":                        {"1", "2", "3", "4"},
		"--limit 4":                        {"1", "2", "3", "4"},
		"--since 1h --until 0s --sink erp": {"1", "4"},
	} {
		t.Run("takes "+args, func(t *testing.T) {
			got := run(t, append([]string{"list", "--url", s.url, "-o", "json"}, strings.Fields(args)...)...)
			got.fails(t, "")
			for i := range want {
				want[i] = s.name + "/" + want[i]
			}
			if diff := cmp.Diff(want, names(reads[[]located](t, got))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got.stderr != "" {
				t.Errorf("on standard error: %q", got.stderr)
			}
		})
	}
	t.Run("tells that there are more", func(t *testing.T) {
		got := run(t, "list", "--url", s.url, "--limit", "3")
		got.fails(t, "")
		if want := "There are more than these 3: select some, or give --limit=0 for all.\n"; got.stderr != want {
			t.Errorf("on standard error: %q, want %q", got.stderr, want)
		}
		if lines := strings.Count(got.stdout, "\n"); lines != 4 {
			t.Errorf("it has %d lines:\n%s", lines, got.stdout)
		}
	})
	t.Run("tells that there are none", func(t *testing.T) {
		got := run(t, "list", "--url", s.url, "--sink", "nobody")
		got.fails(t, "")
		if want := "There are no such dead letters in " + s.name + ".\n"; got.stdout != "" || got.stderr != want {
			t.Errorf("got %+v", got)
		}
	})
}

func TestListOfMoreThanAPage(t *testing.T) {
	t.Parallel()
	s := open(t)
	const n = maxPage + 1
	for i := range n {
		s.Keep(t, fmt.Sprint(i))
	}
	got := run(t, "list", "--url", s.url, "--limit", "0", "-o", "json")
	got.fails(t, "")
	if list := reads[[]located](t, got); len(list) != n || list[n-1].ID != n {
		t.Errorf("it has %d", len(list))
	}
}

func TestListOfSeveralReceivers(t *testing.T) {
	t.Parallel()
	a, b := open(t), open(t)
	a.kill(t, "erp", created, "1")
	b.kill(t, "erp", created, "2")
	a.kill(t, "erp", created, "3")
	want := []string{a.name + "/1", b.name + "/1", a.name + "/2"}
	t.Run("is sorted by death, and names the receiver of each", func(t *testing.T) {
		got := run(t, "list", "--url", a.url, "--url", b.url)
		got.fails(t, "")
		var first []string
		for _, line := range strings.Split(strings.TrimSpace(got.stdout), "\n")[1:] {
			first = append(first, strings.Fields(line)[0])
		}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("is cut over all of them", func(t *testing.T) {
		got := run(t, "list", "--url", a.url, "--url", b.url, "--limit", "2", "-o", "json")
		got.fails(t, "")
		if diff := cmp.Diff(want[:2], names(reads[[]located](t, got))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("has a part when one does not answer", func(t *testing.T) {
		got := run(t, "list", "--url", nobody, "--url", a.url, "--url", b.url, "-o", "json")
		got.fails(t, "not all was done: receiver 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused")
		if !errors.Is(got.err, ErrPartial) {
			t.Error("it is no partial failure")
		}
		if diff := cmp.Diff(want, names(reads[[]located](t, got))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("asks whose an id is", func(t *testing.T) {
		run(t, "list", "--url", a.url, "--url", b.url, "--id", "1").
			fails(t, "dead letter 1: there are several receivers, and each counts for itself; name it RECEIVER/1, as list does")
		run(t, "list", "--url", a.url, "--url", b.url, "--id", "c/1").
			fails(t, "c is no receiver of "+a.name+", "+b.name)
	})
	t.Run("takes ids of each", func(t *testing.T) {
		got := run(t, "list", "--url", a.url, "--url", b.url, "-o", "json", "--id", a.name+"/2", "--id", b.name+"/1")
		got.fails(t, "")
		if diff := cmp.Diff(want[1:], names(reads[[]located](t, got))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestShow(t *testing.T) {
	t.Parallel()
	s := eventful(t)
	t.Run("tells all that is known", func(t *testing.T) {
		got := run(t, "show", "--url", s.url, "1")
		got.fails(t, "")
		want := "ID: 1\nSink: erp\nEvent: activity.created\nEventId: a-1\nReceived: TIME\nDied: TIME\nAttempts: 1\n" +
			"Reason: the sink answered 400 Bad Request\nAnswer: no, [31mthanks\nHeaders:\n Content-Type: application/json\n" +
			"Body (58 bytes):\n{\r\n \"Event\": \"activity.created\",\r\n \"EventId\": \"a-1\"\r\n}\n"
		if diff := cmp.Diff(want, untimed(got.stdout)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("writes out a body that would steer the terminal", func(t *testing.T) {
		got := run(t, "show", "--url", s.url, "3")
		got.fails(t, "")
		if want := "Body (3 bytes):\n\"{\\x00\\xff\"\n"; !strings.HasSuffix(got.stdout, want) {
			t.Errorf("got %q, want %q at its end", got.stdout, want)
		}
	})
	t.Run("prints the body byte for byte", func(t *testing.T) {
		for id, want := range map[string]string{"1": body(created, "a-1"), "3": "{\x00\xff"} {
			got := run(t, "show", "--url", s.url, "--body", id)
			got.fails(t, "")
			if got.stdout != want {
				t.Errorf("%s: got %q, want %q", id, got.stdout, want)
			}
		}
	})
	t.Run("is JSON for scripts", func(t *testing.T) {
		got := reads[located](t, run(t, "show", "--url", s.url, "-o", "json", s.name+"/1"))
		if got.Receiver != s.name || got.EventID != "a-1" || got.BodyText != body(created, "a-1") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("finds the receiver that has it", func(t *testing.T) {
		other := open(t)
		other.Keep(t, "rubbish")
		got := run(t, "show", "--url", other.url, "--url", s.url, "2", "--body")
		got.fails(t, "")
		if want := body(changed, "a-1"); got.stdout != want {
			t.Errorf("got %q, want %q", got.stdout, want)
		}
		run(t, "show", "--url", other.url, "--url", s.url, "1").
			fails(t, "several receivers have a dead letter 1: name one of "+other.name+"/1, "+s.name+"/1")
		got = run(t, "show", "--url", other.url, "--url", s.url, other.name+"/1", "--body")
		got.fails(t, "")
		if got.stdout != "rubbish" {
			t.Errorf("got %q", got.stdout)
		}
	})
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"that is not there":           {[]string{"--url", s.url, "99"}, "there is no dead letter 99 in " + s.name},
		"that nobody tells of":        {[]string{"--url", nobody, "1"}, "receiver 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused"},
		"of an unknown receiver":      {[]string{"--url", s.url, "other/1"}, "other is no receiver of " + s.name},
		"that is not named":           {[]string{"--url", s.url}, "name the dead letter to show, as list does"},
		"that is no number":           {[]string{"--url", s.url, "a-1"}, `"a-1" names no dead letter: it must be a number, or RECEIVER/NUMBER`},
		"with another":                {[]string{"--url", s.url, "1", "2"}, `one dead letter is shown at a time; "2" is too much`},
		"as its body and as JSON too": {[]string{"--url", s.url, "1", "--body", "-o", "json"}, "--body and --output exclude each other"},
	} {
		t.Run("refuses one "+name, func(t *testing.T) {
			run(t, append([]string{"show"}, c.args...)...).fails(t, c.want)
		})
	}
}

func TestWrongPort(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		timeout string
		answer  http.HandlerFunc
		want    string
	}{
		"that knows no dead letters": {"30s", http.NotFound, "it answers 404 Not Found: is that the admin port of a receiver of this version?"},
		"that answers with something else": {
			"30s", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
			"it answers with something else than a receiver's admin port: invalid character '<' looking for beginning of value",
		},
		"that does not answer": {"50ms", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer within 50ms"},
	} {
		t.Run("is one "+name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.answer)
			defer server.Close()
			user := strings.Replace(server.URL, "//", "//me:marker-of-the-password@", 1)
			run(t, "list", "--url", user, "--timeout", c.timeout).
				fails(t, "receiver "+strings.TrimPrefix(server.URL, "http://")+": "+c.want)
		})
	}
}
