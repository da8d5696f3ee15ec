// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
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
	table := output.Table{Header: []string{"ID", "DIED", "SINK", "EVENT", "EVENTID", "ATTEMPTS", "REASON"}}
	for i := range letters {
		l := &letters[i]
		table.Add(output.Plain(l.name(several), output.Moment(l.Died), output.OrDash(l.Sink), output.OrDash(l.Event),
			output.OrDash(l.EventID), strconv.Itoa(l.Attempts), l.Reason)...)
	}
	return table.Write(w, output.PaletteOf(w))
}

// writeLetter writes one with all that is known.
func writeLetter(w io.Writer, l *located, several bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"ID", l.name(several)},
		{"Sink", output.OrDash(l.Sink)},
		{"Event", output.OrDash(l.Event)},
		{"EventId", output.OrDash(l.EventID)},
		{"Received", output.Moment(l.Received)},
		{"Died", output.Moment(l.Died)},
		{"Attempts", fmt.Sprint(l.Attempts)},
		{"Reason", output.Printable(l.Reason)},
		{"Answer", output.OrDash(l.Answer)},
	} {
		fmt.Fprintf(table, "%s:\t%s\n", row[0], row[1])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "Headers:")
	for _, name := range slices.Sorted(maps.Keys(l.Header)) {
		for _, value := range l.Header[name] {
			fmt.Fprintf(w, "  %s: %s\n", output.Printable(name), output.Printable(value))
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
