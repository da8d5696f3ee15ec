// SPDX-License-Identifier: Apache-2.0

// Package transcript makes what programs print the same in each run, so that a page can show it and a test can compare it.
package transcript

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// volatile is what differs from run to run, and what stands for it on the page. The order matters.
var volatile = []struct {
	pattern *regexp.Regexp
	value   string
}{
	{regexp.MustCompile(`crm-receiver-[a-z0-9]{5,10}-[a-z0-9]{5}\b`), Receiver},
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

// Receiver is the name that stands for those of receiver pods.
const Receiver = "crm-receiver-7d9c5b8f64-x2x8k"

// Normal replaces what differs from run to run: names of pods, ids, times and amounts.
func Normal(text string) string {
	for _, v := range volatile {
		text = v.pattern.ReplaceAllString(text, v.value)
	}
	return text
}

var (
	gap    = regexp.MustCompile(` {3,}`)
	indent = regexp.MustCompile(`^ *`)
)

// Align sets neighbouring lines with columns, which three spaces or more are between, as a table: what stands for something
// else is of another length.
func Align(text string) string {
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
