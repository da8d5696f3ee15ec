// SPDX-License-Identifier: Apache-2.0

package intake_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/test/golden"
)

const (
	page  = "../../docs/intake.md"
	below = "<!-- Below is written by `go test ./receiver/intake -run TestDocumentation -update`. -->\n"
)

// What the page says is what TestHostileRequests finds, for both are made of the same corpus.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	written, _, ok := strings.Cut(string(text), below)
	if !ok {
		t.Fatalf("%s has no line %q", page, below)
	}
	golden.Check(t, page, written+below+"\n"+chapters(corpus()))
	for reason, answer := range told {
		row := fmt.Sprintf("\n| %#q | %s |", string(reason), answer)
		if !strings.Contains(written, row) {
			t.Errorf("the table of reasons has no row %q", row)
		}
	}
}

// chapters writes a table for each chapter, with a row for all that have the same answer.
func chapters(all []chapter) string {
	var b strings.Builder
	for i, part := range all {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "### %s\n\n| answer | kept | for |\n|---|---|---|\n", part.title)
		rows := map[[2]string][]string{}
		for _, c := range part.cases {
			key := [2]string{c.answer(), c.kept()}
			rows[key] = append(rows[key], c.what)
		}
		keys := make([][2]string, 0, len(rows))
		for key := range rows {
			keys = append(keys, key)
		}
		slices.SortFunc(keys, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
		for _, key := range keys {
			slices.Sort(rows[key])
			fmt.Fprintf(&b, "| %s | %s | %s |\n", key[0], key[1], strings.Join(rows[key], "; "))
		}
	}
	return b.String()
}

// answer tells what is answered, in the order of the requests.
func (c hostile) answer() string {
	if c.end == leaves {
		return "nobody is there to read it"
	}
	var answers []string
	for _, reason := range c.want {
		answers = append(answers, told[reason].String())
	}
	if len(answers) > 10 && len(slices.Compact(slices.Clone(answers))) == 1 {
		answers = []string{fmt.Sprintf("%d times %s", len(answers), answers[0])}
	}
	if c.byServer != 0 {
		answers = append(answers, fmt.Sprintf("`%d`", c.byServer))
	}
	if len(answers) == 0 {
		return "none"
	}
	return strings.Join(answers, ", then ")
}

// kept tells what is kept.
func (c hostile) kept() string {
	switch {
	case len(c.stored) == 1:
		return "the event"
	case len(c.stored) > 1:
		return fmt.Sprintf("%d events", len(c.stored))
	case len(c.dead) > 0:
		return "a dead letter"
	default:
		return "nothing"
	}
}

// Each name in the page is told once in its chapter, so that a case can be found by it.
func TestCorpusNamesEachCaseOnce(t *testing.T) {
	t.Parallel()
	for _, part := range corpus() {
		seen := map[string]bool{}
		for _, c := range part.cases {
			if seen[c.what] || c.what == "" || strings.ContainsAny(c.what, "|\r\n") {
				t.Errorf("%s: %q is told twice, or cannot be told", part.title, c.what)
			}
			seen[c.what] = true
		}
	}
}

// The fixed set of reasons holds no answer that must never be given.
func TestNoReasonIsFatal(t *testing.T) {
	t.Parallel()
	for reason := range told {
		if err := survivable(reason.Status()); err != nil {
			t.Errorf("%s: %v", reason, err)
		}
	}
}
