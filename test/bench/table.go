// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table is one of the results.
type table struct {
	title, note string
	header      []string
	rows        [][]string
}

// print writes it for people at a terminal.
func (t table) print(to io.Writer) error {
	fmt.Fprintf(to, "\n%s\n\n", t.title)
	w := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
	for _, row := range append([][]string{t.header}, t.rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// markdown writes it for a page.
func (t table) markdown(to io.Writer) {
	fmt.Fprintf(to, "\n## %s\n\n", t.title)
	if t.note != "" {
		fmt.Fprintf(to, "%s\n\n", t.note)
	}
	fmt.Fprintf(to, "| %s |\n", strings.Join(t.header, " | "))
	fmt.Fprintf(to, "|%s\n", strings.Repeat(" --- |", len(t.header)))
	for _, row := range t.rows {
		fmt.Fprintf(to, "| %s |\n", strings.Join(row, " | "))
	}
}
