// SPDX-License-Identifier: Apache-2.0

package output

import (
	"io"
	"strings"
	"unicode/utf8"
)

// gap is what stands between two columns.
const gap = "   "

// Table is rows of cells under a header. Cells may have a style, which takes no room.
type Table struct {
	Header []string
	Rows   [][]Cell
	// Indent stands before each line.
	Indent string
}

// Cell is a text and how it looks.
type Cell struct {
	Text  string
	Style Style
}

// Plain makes cells without a style.
func Plain(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, text := range texts {
		cells[i] = Cell{Text: text}
	}
	return cells
}

// Add adds a row.
func (t *Table) Add(cells ...Cell) { t.Rows = append(t.Rows, cells) }

// Write writes the table, each column as wide as it has to be.
func (t *Table) Write(w io.Writer, p Palette) error {
	return t.write(w, p, t.Widths())
}

// Widths are the widths of the columns, in runes.
func (t *Table) Widths() []int {
	var widths []int
	for _, row := range t.lines() {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(Printable(cell.Text)))
		}
	}
	return widths
}

// WriteRow writes one more row under a table that has these widths.
func WriteRow(w io.Writer, p Palette, widths []int, cells []Cell) error {
	t := Table{Rows: [][]Cell{cells}}
	return t.write(w, p, widths)
}

func (t *Table) lines() [][]Cell {
	if len(t.Header) == 0 {
		return t.Rows
	}
	return append([][]Cell{Plain(t.Header...)}, t.Rows...)
}

func (t *Table) write(w io.Writer, p Palette, widths []int) error {
	var b strings.Builder
	for _, row := range t.lines() {
		b.WriteString(t.Indent)
		for i, cell := range row {
			text := Printable(cell.Text)
			b.WriteString(p.Paint(cell.Style, text))
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(text))) + gap)
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
