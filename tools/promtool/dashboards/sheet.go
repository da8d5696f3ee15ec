// SPDX-License-Identifier: Apache-2.0

package main

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	column = vg.Length(40) // a dashboard has 24
	row    = vg.Length(30)
	gap    = vg.Length(6)
	head   = vg.Length(44) // of the dashboard's title
)

var (
	page   = color.RGBA{0xf4, 0xf5, 0xf5, 0xff}
	paper  = color.RGBA{0xff, 0xff, 0xff, 0xff}
	border = color.RGBA{0xd8, 0xd9, 0xda, 0xff}
	faint  = color.RGBA{0xe9, 0xea, 0xeb, 0xff}
	ink    = color.RGBA{0x24, 0x29, 0x2e, 0xff}
	pale   = color.RGBA{0x6e, 0x77, 0x81, 0xff}

	named = map[string]color.RGBA{
		"green": {0x37, 0x8a, 0x4b, 0xff}, "orange": {0xd9, 0x6c, 0x0a, 0xff}, "red": {0xc4, 0x16, 0x2a, 0xff},
	}
	// palette can be told apart by people who do not see all colours (Okabe and Ito).
	palette = []color.RGBA{
		{0x00, 0x72, 0xb2, 0xff},
		{0xd5, 0x5e, 0x00, 0xff},
		{0x00, 0x9e, 0x73, 0xff},
		{0xcc, 0x79, 0xa7, 0xff},
		{0xe6, 0x9f, 0x00, 0xff},
		{0x56, 0xb4, 0xe9, 0xff},
		{0x00, 0x00, 0x00, 0xff},
	}
)

// sheet is what a dashboard is drawn on.
type sheet struct {
	svg    *vgsvg.Canvas
	canvas draw.Canvas
	height vg.Length
}

func newSheet(b board) *sheet {
	rows := 0
	for _, p := range b.Panels {
		rows = max(rows, p.GridPos.Y+p.GridPos.H)
	}
	s := &sheet{height: head + vg.Length(rows)*row + 2*gap}
	s.svg = vgsvg.New(24*column+2*gap, s.height)
	s.canvas = draw.New(s.svg)
	fill(s.canvas, page)
	write(s.canvas, b.Title, 18, ink, gap*2, s.height-head/2, draw.XLeft)
	write(s.canvas, "drawn from a recording, not by Grafana", 11, pale, 24*column, s.height-head/2, draw.XRight)
	return s
}

// area is the place of a panel.
func (s *sheet) area(p panel) draw.Canvas {
	left, top := gap+vg.Length(p.GridPos.X)*column, s.height-head-gap-vg.Length(p.GridPos.Y)*row
	return draw.Canvas{Canvas: s.svg, Rectangle: vg.Rectangle{
		Min: vg.Point{X: left + gap/2, Y: top - vg.Length(p.GridPos.H)*row + gap/2},
		Max: vg.Point{X: left + vg.Length(p.GridPos.W)*column - gap/2, Y: top - gap/2},
	}}
}

// frame draws a panel's paper and title, and returns what is left.
func frame(c draw.Canvas, title string) draw.Canvas {
	fill(c, paper)
	outline(c)
	write(c, title, 12, ink, c.Min.X+10, c.Max.Y-14, draw.XLeft)
	return draw.Crop(c, 8, -10, 6, -26)
}

func fill(c draw.Canvas, with color.Color) {
	c.FillPolygon(with, corners(c.Rectangle))
}

func outline(c draw.Canvas) {
	points := corners(c.Rectangle)
	c.StrokeLines(draw.LineStyle{Color: border, Width: 0.8}, append(points, points[0]))
}

func corners(r vg.Rectangle) []vg.Point {
	return []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}}
}

func style(size vg.Length, c color.Color) text.Style {
	f := plot.DefaultFont
	f.Variant, f.Size = "Sans", font.Length(size)
	return text.Style{Color: c, Font: f, Handler: plot.DefaultTextHandler}
}

// write sets text, in the middle of the height y.
func write(c draw.Canvas, words string, size vg.Length, in color.Color, x, y vg.Length, align text.XAlignment) {
	sty := style(size, in)
	sty.XAlign, sty.YAlign = align, draw.YCenter
	c.FillText(sty, vg.Point{X: x, Y: y}, words)
}
