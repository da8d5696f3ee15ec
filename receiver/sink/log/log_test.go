// SPDX-License-Identifier: Apache-2.0

package log

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/superoffice-webhook/operator/receiver/sink"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
	"github.com/superoffice-webhook/operator/test/fixtures"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ sink.Sink = (*Sink)(nil)

func message(t *testing.T, body string) sink.Message {
	t.Helper()
	event, err := superoffice.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return sink.Message{Event: event, Header: http.Header{"X-Superoffice-Signature": {"not to be seen"}}}
}

// written is what is written of one event.
func written(t *testing.T, o Options, body string) string {
	t.Helper()
	var text bytes.Buffer
	o.Writer = &text
	if got := New(o).Send(t.Context(), message(t, body)); got != (sink.Delivered{}) {
		t.Fatalf("%#v", got)
	}
	return text.String()
}

const created = `{
  "EventId": "1", "Timestamp": "2025-05-14T16:04:09.1213772+02:00", "Changes": ["type", "private"], "Event": "activity.created",
  "PrimaryKey": 12345678901234567, "Entity": "activity", "ContextIdentifier": "Cust12345", "ChangedByAssociateId": 5,
  "WebhookName": "crm", "FieldValues": {"type": 4, "factor": 1.10, "Associate_ID": 7, "done": "<b>"}, "Colour": {"deep": [1, 2]}, "team": "a"
}`

const deleted = `{"EventId":"2","Event":"activity.deleted","Changes":[],"Values":{"contact_id":9,"person_id":8},"FieldValues":{}}`

func TestLine(t *testing.T) {
	for name, test := range map[string]struct {
		options    Options
		body, want string
	}{
		"tells what the event tells": {
			Options{},
			created,
			`{"time":"2025-05-14T14:04:09.1213772Z","event":"activity.created","id":"1/activity.created","tenant":"Cust12345",` +
				`"record":"Cust12345/activity/12345678901234567","changedBy":5,"changes":["type","private"],` +
				`"fieldValues":{"Associate_ID":7,"done":"<b>","factor":1.10,"type":4}}`,
		},
		"leaves out what there is none of": {
			Options{}, `{"Event":"a.b","EventId":"1"}`, `{"event":"a.b","id":"1/a.b","record":"//0"}`,
		},
		"tells which webhook it is of where several write": {
			Options{Webhook: "crm"}, `{"Event":"a.b","EventId":"1"}`, `{"webhook":"crm","event":"a.b","id":"1/a.b","record":"//0"}`,
		},
		"has the ids of a deleted row": {
			Options{},
			deleted,
			`{"event":"activity.deleted","id":"2/activity.deleted","record":"//0","values":{"contact_id":9,"person_id":8}}`,
		},
		"has the whole body when asked to": {
			Options{Body: true},
			`{"Event" : "a.b", "EventId":"1",` + "\r\n" + `"x":[1.10, "<"]}`,
			`{"event":"a.b","id":"1/a.b","record":"//0","body":{"Event":"a.b","EventId":"1","x":[1.10,"<"]}}`,
		},
		"takes dates that other notations have no year for": {
			Options{},
			`{"Event":"a.b","EventId":"1","Timestamp":"9999-12-31T23:59:59-02:00"}`,
			`{"time":"10000-01-01T01:59:59Z","event":"a.b","id":"1/a.b","record":"//0"}`,
		},
		"redacts keys however they are spelt, in the fields as in the body": {
			Options{Body: true, Redact: []string{"associate_id", "TYPE", "colour", "nothing"}},
			created,
			`{"time":"2025-05-14T14:04:09.1213772Z","event":"activity.created","id":"1/activity.created","tenant":"Cust12345",` +
				`"record":"Cust12345/activity/12345678901234567","changedBy":5,"changes":["type","private"],` +
				`"fieldValues":{"Associate_ID":"[redacted]","done":"<b>","factor":1.10,"type":"[redacted]"},` +
				`"body":{"ChangedByAssociateId":5,"Changes":["type","private"],"Colour":"[redacted]","ContextIdentifier":"Cust12345",` +
				`"Entity":"activity","Event":"activity.created","EventId":"1",` +
				`"FieldValues":{"Associate_ID":"[redacted]","done":"<b>","factor":1.10,"type":"[redacted]"},` +
				`"PrimaryKey":12345678901234567,"Timestamp":"2025-05-14T16:04:09.1213772+02:00","WebhookName":"crm","team":"a"}}`,
		},
		"redacts ids of a deleted row": {
			Options{Body: true, Redact: []string{"person_id"}},
			deleted,
			`{"event":"activity.deleted","id":"2/activity.deleted","record":"//0","values":{"contact_id":9,"person_id":"[redacted]"},` +
				`"body":{"Changes":[],"Event":"activity.deleted","EventId":"2","FieldValues":{},` +
				`"Values":{"contact_id":9,"person_id":"[redacted]"}}}`,
		},
		"redacts all values for a star": {
			Options{Body: true, Redact: []string{"*"}},
			`{"Event":"a.b","EventId":"1","FieldValues":{"a":1},"Values":{"b":2},"c":{"d":3}}`,
			`{"event":"a.b","id":"1/a.b","record":"//0","fieldValues":{"a":"[redacted]"},"values":{"b":"[redacted]"},` +
				`"body":{"Event":"a.b","EventId":"1","FieldValues":{"a":"[redacted]"},"Values":{"b":"[redacted]"},"c":"[redacted]"}}`,
		},
		"shows no value that a repeated key hides": {
			Options{Body: true, Redact: []string{"a"}},
			`{"Event":"a.b","EventId":"1","FieldValues":{"a":"secret"},"FieldValues":{"a":"secret","a":"secret"},"a":"secret","a":"secret"}`,
			`{"event":"a.b","id":"1/a.b","record":"//0","fieldValues":{"a":"[redacted]"},` +
				`"body":{"Event":"a.b","EventId":"1","FieldValues":{"a":"[redacted]"},"a":"[redacted]"}}`,
		},
		"keeps null, which tells nothing": {
			Options{Body: true, Redact: []string{"a"}},
			`{"Event":"a.b","EventId":"1","FieldValues":null}`,
			`{"event":"a.b","id":"1/a.b","record":"//0","body":{"Event":"a.b","EventId":"1","FieldValues":null}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want+"\n", written(t, test.options, test.body)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEverySampleIsOneLine(t *testing.T) {
	for name, body := range fixtures.All() {
		for _, redact := range [][]string{nil, {"nothing"}} {
			text := written(t, Options{Body: true, Redact: redact}, string(body))
			if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
				t.Errorf("%s: not one line: %q", name, text)
			}
			var got struct{ Body any }
			var want any
			if err := errors.Join(json.Unmarshal([]byte(text), &got), json.Unmarshal(body, &want)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want, got.Body); diff != "" {
				t.Errorf("%s: the body is another value (-want +got)\n%s", name, diff)
			}
		}
	}
}

func TestLinesAreWholeHoweverManyAreWrittenAtATime(t *testing.T) {
	const senders, each = 8, 50
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Writer: writer, Body: true})
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for n := range each {
				// More than a pipe takes in one piece (PIPE_BUF).
				body := fmt.Sprintf(`{"Event":"a.b","EventId":"%d-%d","x":%q}`, sender, n, strings.Repeat("x", 8<<10))
				if got := s.Send(t.Context(), message(t, body)); got != (sink.Delivered{}) {
					t.Errorf("%#v", got)
				}
			}
		})
	}
	go func() {
		all.Wait()
		writer.Close()
	}()
	seen := map[string]bool{}
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		var l struct{ ID string }
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatalf("%v: %.100q", err, lines.Text())
		}
		seen[l.ID] = true
	}
	if err := lines.Err(); err != nil || len(seen) != senders*each {
		t.Errorf("%d events, want %d; error %v", len(seen), senders*each, err)
	}
}

func TestAFailedWriteMayPass(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	writer.Close()
	got, ok := New(Options{Writer: writer}).Send(t.Context(), message(t, created)).(sink.Retry)
	if !ok || !errors.Is(got.Cause, os.ErrClosed) || !strings.Contains(got.Cause.Error(), "write to the log") {
		t.Errorf("%#v", got)
	}
}

// failing takes so many bytes and fails, once for each element.
type failing struct {
	bytes.Buffer
	takes  []int
	silent bool
}

func (f *failing) Write(line []byte) (int, error) {
	if len(f.takes) == 0 {
		return f.Buffer.Write(line)
	}
	n := min(f.takes[0], len(line))
	f.takes = f.takes[1:]
	f.Buffer.Write(line[:n])
	if f.silent {
		return n, nil
	}
	return n, errors.New("disk full")
}

func TestWhatAFailedWriteLeftSpoilsNoOtherLine(t *testing.T) {
	const body, line = `{"Event":"a.b","EventId":"1"}`, `{"event":"a.b","id":"1/a.b","record":"//0"}` + "\n"
	for name, test := range map[string]struct {
		takes  []int
		silent bool
		want   string
	}{
		"nothing":                   {[]int{0}, false, line},
		"a part":                    {[]int{8}, false, line[:8] + "\n" + line},
		"a part, without saying so": {[]int{8}, true, line[:8] + "\n" + line},
		"a part, then nothing":      {[]int{8, 0}, false, line[:8] + "\n" + line},
		"a part, then its line end": {[]int{8, 1}, false, line[:8] + "\n" + line},
		"two parts":                 {[]int{8, 4}, false, line[:8] + "\n" + line[:3] + "\n" + line},
		"a line":                    {[]int{1000}, false, line + line},
	} {
		t.Run(name, func(t *testing.T) {
			w := &failing{takes: test.takes, silent: test.silent}
			s := New(Options{Writer: w})
			for range test.takes {
				if got, ok := s.Send(t.Context(), message(t, body)).(sink.Retry); !ok {
					t.Errorf("%#v", got)
				}
			}
			if got := s.Send(t.Context(), message(t, body)); got != (sink.Delivered{}) {
				t.Errorf("%#v", got)
			}
			if diff := cmp.Diff(test.want, w.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestNothingIsWrittenOnceTheContextIsDone(t *testing.T) {
	var text bytes.Buffer
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.EOF)
	got, ok := New(Options{Writer: &text}).Send(ctx, message(t, created)).(sink.Retry)
	if !ok || !errors.Is(got.Cause, io.EOF) || text.Len() > 0 {
		t.Errorf("%#v, and %q", got, text.String())
	}
}

func TestCloseLeavesTheWriterToItsOwner(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := New(Options{Writer: file}).Close(); err != nil {
		t.Error(err)
	}
	if _, err := file.WriteString("more"); err != nil {
		t.Error(err)
	}
}
