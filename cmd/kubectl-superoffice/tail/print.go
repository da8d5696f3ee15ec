// SPDX-License-Identifier: Apache-2.0

package tail

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
	"github.com/superoffice-webhook/operator/receiver/feed"
)

// printer writes a line for each event, or two lines with its body.
type printer struct {
	w, notes     io.Writer
	palette      output.Palette
	json, bodies bool
}

func (p *printer) note(text string) { fmt.Fprintln(p.notes, "note:", output.Printable(text)) }

func (p *printer) print(e heard) error {
	if p.json {
		encoder := json.NewEncoder(p.w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(e)
	}
	what, style := outcome(e.Event)
	about := output.OrDash(e.Event.Event) + " " + output.OrDash(e.EventID)
	line := fmt.Sprintf("%s  %s  %s  %s", p.palette.Paint(output.Faint, e.Time.UTC().Format("15:04:05.000")), output.Printable(e.Receiver),
		p.palette.Paint(style, fmt.Sprintf("%-28s", output.Printable(what))), about)
	line += fmt.Sprintf("  %s, %s", output.Bytes(int64(e.Bytes)), took(e.Seconds))
	if e.Error != "" {
		line += ": " + output.Printable(e.Error)
	}
	if _, err := fmt.Fprintln(p.w, line); err != nil {
		return err
	}
	if body := e.Body(); p.bodies && len(body) > 0 {
		_, err := fmt.Fprintln(p.w, readable(body))
		return err
	}
	return nil
}

// outcome says what happened in a few words.
func outcome(e feed.Event) (string, output.Style) {
	if e.Stage == feed.Intake {
		style := output.Good
		if e.Status != 200 {
			style = output.Bad
		}
		return fmt.Sprintf("-> %d %s", e.Status, e.Result), style
	}
	switch e.Result {
	case feed.Delivered:
		return e.Sink + " <- delivered", output.Good
	case feed.Retry:
		return fmt.Sprintf("%s <- failed, attempt %d", e.Sink, e.Attempt), output.Warning
	}
	return e.Sink + " <- " + e.Result, output.Bad
}

func took(seconds float64) time.Duration {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(100 * time.Microsecond)
}

// readable is a body for a terminal: what could steer that is written out.
func readable(body []byte) string {
	fine := utf8.Valid(body) && !strings.ContainsFunc(string(body), func(r rune) bool {
		return !unicode.IsPrint(r) && !strings.ContainsRune("\r\n\t", r)
	})
	if !fine {
		return fmt.Sprintf("%q", body)
	}
	return strings.ReplaceAll(strings.TrimRight(string(body), "\r\n"), "\r\n", "\n")
}
