// SPDX-License-Identifier: Apache-2.0

package output

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Style is how a text looks on a terminal that has colours. What it means must be clear without.
type Style int

// The styles.
const (
	None Style = iota
	Good
	Warning
	Bad
	Faint
	Bold
)

var codes = map[Style]string{Good: "32", Warning: "33", Bad: "31", Faint: "2", Bold: "1"}

// Palette paints, or not.
type Palette bool

// PaletteOf is the palette for a writer: colours on terminals only, unless NO_COLOR is set or the terminal is dumb.
func PaletteOf(w io.Writer) Palette {
	return Palette(IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

// Paint makes a text look so.
func (p Palette) Paint(s Style, text string) string {
	if !p || s == None || text == "" {
		return text
	}
	return "\033[" + codes[s] + "m" + text + "\033[0m"
}

// IsTerminal tells whether somebody looks on.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
