// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// volatile is what differs from run to run, and what stands for it on the page. The order matters.
var volatile = []struct {
	pattern *regexp.Regexp
	value   string
}{
	{regexp.MustCompile(`crm-receiver-[a-z0-9]{5,10}-[a-z0-9]{5}\b`), "crm-receiver-7d9c5b8f64-x2x8k"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "1b2c3d4e-0000-4000-8000-000000000000"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "2026-02-03T04:05:06Z"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d\.\d{3}\b`), "04:05:06.789"},
	{regexp.MustCompile(`\b127\.\d+\.\d+\.\d+:\d+`), "127.0.0.1:8080"},
	{regexp.MustCompile(`\b\d+(\.\d+)?(ms|µs)`), "3ms"},
	{regexp.MustCompile(`\b\d+\.\d+s\b`), "3ms"},
	{regexp.MustCompile(`\b\d+[smhd](\d+[smh])?\b`), "5s"},
	{regexp.MustCompile(`\(\d+(\.\d+)? per second\)`), "(300 per second)"},
	{regexp.MustCompile(`\b[\d.]+ (B|KiB|MiB) of`), "4 KiB of"},
	{regexp.MustCompile(`   [0-9a-f]{8}   `), "   4f2a9c1e   "},
}

// normaliser makes what was printed the same in each run. Columns are aligned again, since what stands for something else is
// of another length.
func normaliser(sink string) func(text string, asIs bool) string {
	return func(text string, asIs bool) string {
		text = strings.ReplaceAll(text, sink, "https://erp.example.com")
		for _, v := range volatile {
			text = v.pattern.ReplaceAllString(text, v.value)
		}
		if asIs {
			return text
		}
		return align(text)
	}
}

var (
	gap    = regexp.MustCompile(` {3,}`)
	indent = regexp.MustCompile(`^ *`)
)

// align sets neighbouring lines with columns, which three spaces or more are between, as a table.
func align(text string) string {
	var out, table []string
	flush := func() {
		out = append(out, setTable(table)...)
		table = nil
	}
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		line = strings.TrimRight(line, " ")
		if gap.MatchString(strings.TrimLeft(line, " ")) {
			table = append(table, line)
			continue
		}
		flush()
		out = append(out, line)
	}
	flush()
	return strings.Join(out, "\n") + "\n"
}

func setTable(lines []string) []string {
	var widths []int
	rows := make([][]string, len(lines))
	for i, line := range lines {
		rows[i] = gap.Split(strings.TrimLeft(line, " "), -1)
		for j, cell := range rows[i] {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], utf8.RuneCountInString(cell))
		}
	}
	set := make([]string, len(lines))
	for i, row := range rows {
		set[i] = indent.FindString(lines[i])
		for j, cell := range row {
			set[i] += cell
			if j < len(row)-1 {
				set[i] += strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell)+3)
			}
		}
	}
	return set
}

// sorted puts lines in an order.
func sorted(text string, wanted bool) string {
	if !wanted {
		return text
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(afterTime(a), afterTime(b)) })
	return strings.Join(lines, "\n") + "\n"
}

// afterTime leaves out what a line begins with, and has notes come first.
func afterTime(line string) string {
	if strings.HasPrefix(line, "note:") {
		return ""
	}
	return strings.TrimLeft(line, "0123456789:. ")
}

func TestNormal(t *testing.T) {
	const printed = "NAME                                                 READY   UP       CONFIG\n" +
		"crm-receiver-6f5d4-abcde   yes   2d2h   0123abcd   -\n" +
		"04:15:06.123  done in 12.34ms at http://127.0.0.1:4444/hooks\n"
	const want = "NAME                            READY   UP   CONFIG\n" +
		"crm-receiver-7d9c5b8f64-x2x8k   yes     5s   4f2a9c1e   -\n" +
		"04:05:06.789  done in 3ms at https://erp.example.com/hooks\n"
	if diff := cmp.Diff(want, normaliser("http://127.0.0.1:4444")(printed, false)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
