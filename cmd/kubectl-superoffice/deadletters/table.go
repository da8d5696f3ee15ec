// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"
)

func (l *located) name(several bool) string {
	if several {
		return fmt.Sprintf("%s/%d", l.Receiver, l.ID)
	}
	return fmt.Sprint(l.ID)
}

func writeTable(w io.Writer, letters []located, several bool) error {
	if len(letters) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "ID\tDIED\tSINK\tEVENT\tEVENTID\tATTEMPTS\tREASON")
	for i := range letters {
		l := &letters[i]
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", l.name(several), moment(l.Died),
			orDash(l.Sink), orDash(l.Event), orDash(l.EventID), l.Attempts, printable(l.Reason))
	}
	return table.Flush()
}

// writeLetter writes one with all that is known.
func writeLetter(w io.Writer, l *located, several bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"ID", l.name(several)},
		{"Sink", orDash(l.Sink)},
		{"Event", orDash(l.Event)},
		{"EventId", orDash(l.EventID)},
		{"Received", moment(l.Received)},
		{"Died", moment(l.Died)},
		{"Attempts", fmt.Sprint(l.Attempts)},
		{"Reason", printable(l.Reason)},
		{"Answer", orDash(l.Answer)},
	} {
		fmt.Fprintf(table, "%s:\t%s\n", row[0], row[1])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "Headers:")
	for _, name := range slices.Sorted(maps.Keys(l.Header)) {
		for _, value := range l.Header[name] {
			fmt.Fprintf(w, "  %s: %s\n", printable(name), printable(value))
		}
	}
	fmt.Fprintf(w, "Body (%d bytes):\n", l.Bytes)
	_, err := fmt.Fprintln(w, text(l.Body()))
	return err
}

// text is a body for a terminal: what could steer that is written out.
func text(body []byte) string {
	readable := utf8.Valid(body) && !strings.ContainsFunc(string(body), func(r rune) bool {
		return !unicode.IsPrint(r) && !strings.ContainsRune("\r\n\t", r)
	})
	if !readable {
		return fmt.Sprintf("%q", body)
	}
	return strings.TrimRight(string(body), "\r\n")
}

// printable keeps what comes from outside from steering the terminal or breaking the table.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return printable(s)
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
