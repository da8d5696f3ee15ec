// SPDX-License-Identifier: Apache-2.0

package send

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestInput(t *testing.T) {
	t.Parallel()
	body := func(event string) string { return string(sample(t, event)) }
	const own, rubbish = "{\"Event\" :\r\n\"a.b\"}\r\n\r\n", "\xff\x00 no event"
	for name, test := range map[string]struct {
		stdin string
		args  []string
		want  []string // the bodies that are posted
		tests int      // how many of them are marked as test events
	}{
		"is activity.created when nothing is said": {
			want: []string{body(superoffice.ActivityCreated)},
		},
		"is the test event when only --test is said": {
			args: []string{"--test"},
			want: []string{body(superoffice.Test)}, tests: 1,
		},
		"is each of the samples, once": {
			args: []string{"contact.changed", "test", "list.110.created", "--concurrency", "1"},
			want: []string{body("contact.changed"), body("test"), body("list.110.created")}, tests: 1,
		},
		"is a file, byte for byte": {
			args: []string{"-f", writeFile(t, "body", own)},
			want: []string{own},
		},
		"is a file that is marked as a test event": {
			args: []string{"-f", writeFile(t, "body", own), "--test"},
			want: []string{own}, tests: 1,
		},
		"is standard input, byte for byte": {
			stdin: own,
			args:  []string{"-f", "-"},
			want:  []string{own},
		},
		"is a file that is no event when it is not to be checked": {
			args: []string{"-f", writeFile(t, "body", rubbish), "--unchecked", "-n", "2", "--fresh=false"},
			want: []string{rubbish, rubbish},
		},
		"is a file that is no event and marked as a test event": {
			args: []string{"-f", writeFile(t, "body", rubbish), "--unchecked", "--test"},
			want: []string{rubbish}, tests: 1,
		},
		"is a sample without an EventId as long as it need not be fresh": {
			args: []string{"sale.deleted", "-n", "2", "--fresh=false"},
			want: []string{body("sale.deleted"), body("sale.deleted")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := serve(t, nil)
			if s := runWith(t.Context(), t, test.stdin, to(t, e.URL, test.args...)...); s.err != nil {
				t.Fatalf("%v\n%s", s.err, s.stdout)
			}
			var posted []string
			tests := 0
			for _, r := range e.all() {
				posted = append(posted, r.body)
				if r.header.Get(superoffice.HeaderTest) == "true" {
					tests++
				}
			}
			if diff := cmp.Diff(test.want, posted); diff != "" {
				t.Errorf("(-want +posted)\n%s", diff)
			}
			if tests != test.tests {
				t.Errorf("%d are marked as test events, want %d", tests, test.tests)
			}
		})
	}
}

func TestWrongInput(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	file := writeFile(t, "body", `{"Event":`)
	for name, test := range map[string]struct {
		stdin string
		args  []string
		want  string
	}{
		"a sample that there is not": {
			args: []string{"activity.created", "appointment.created"},
			want: `there is no sample of the event "appointment.created"; there are ` + strings.Join(sampleNames(), ", "),
		},
		"a file that there is not": {
			args: []string{"-f", missing},
			want: "read the body: open " + missing + ": no such file or directory",
		},
		"a file that is no event": {
			args: []string{"-f", file},
			want: file + ": the body is not a SuperOffice event: invalid JSON at byte 9: unexpected end of JSON input" +
				" (--unchecked posts a file all the same)",
		},
		"nothing on standard input": {
			args: []string{"-f", "-"},
			want: "standard input: the body is not a SuperOffice event: invalid JSON at byte 0: unexpected end of JSON input" +
				" (--unchecked posts a file all the same)",
		},
		"many of a sample that has no EventId": {
			args: []string{"sale.deleted", "-n", "2"},
			want: `the sample "sale.deleted": there is no "EventId" to replace by a fresh one; --fresh=false posts the body as it is`,
		},
		"a fresh one of a body that has no EventId": {
			stdin: `{"Event":"a"}`,
			args:  []string{"-f", "-", "--fresh"},
			want:  `standard input: there is no "EventId" to replace by a fresh one; --fresh=false posts the body as it is`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := runWith(t.Context(), t, test.stdin, to(t, nobody, test.args...)...)
			if s.message() != test.want {
				t.Errorf("the error is %q, want %q", s.message(), test.want)
			}
			if s.stdout+s.stderr != "" {
				t.Errorf("it said %q", s.stdout+s.stderr)
			}
		})
	}
}
