// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"image/color"
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// timeseries draws the answers to all queries over the whole time, with a legend below.
func timeseries(c draw.Canvas, r *recording, p panel) (found bool, err error) {
	var lines []line
	for _, target := range p.Targets {
		more, err := r.over(target.Expr, target.LegendFormat)
		if err != nil {
			return false, err
		}
		lines = append(lines, more...)
	}
	if len(lines) == 0 {
		write(c, "No data", 12, pale, (c.Min.X+c.Max.X)/2, (c.Min.Y+c.Max.Y)/2, draw.XCenter)
		return false, nil
	}
	f := p.FieldConfig.Defaults
	chart := newChart()
	below := make([]float64, len(lines[0].values))
	stacked := f.Custom.Stacking.Mode == "normal"
	for i, l := range lines {
		in := palette[i%len(palette)]
		values := l.values
		base := make([]float64, len(values))
		if stacked {
			values, base = stack(below, values)
		}
		for _, part := range parts(values) {
			if err := addArea(chart, values, base, part, in, f.Custom.FillOpacity); err != nil {
				return false, err
			}
		}
	}
	finish(chart, f.Unit)
	rows := legend(c, lines)
	chart.Draw(draw.Crop(c, 0, 0, vg.Length(rows)*16+2, 0))
	return true, nil
}

func newChart() *plot.Plot {
	chart := plot.New()
	chart.BackgroundColor = paper
	chart.X.Min, chart.X.Max = float64(start.Unix()), float64(end.Unix())
	chart.Y.Min, chart.Y.Max = 0, 0
	for _, axis := range []*plot.Axis{&chart.X, &chart.Y} {
		axis.LineStyle.Width, axis.Tick.LineStyle.Width, axis.Padding = 0, 0, 0
		axis.Tick.Label.Font, axis.Tick.Label.Color = style(10, pale).Font, pale
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = faint, faint
	grid.Horizontal.Dashes, grid.Vertical.Dashes = nil, nil
	chart.Add(grid)
	chart.X.Tick.Marker = plot.TickerFunc(func(from, to float64) (ticks []plot.Tick) {
		for t := math.Ceil(from/120) * 120; t <= to; t += 120 {
			ticks = append(ticks, plot.Tick{Value: t, Label: fmt.Sprintf("10:%02.0f", t/60)})
		}
		return ticks
	})
	return chart
}

// finish gives the values' axis a round end, and ticks in the unit of the panel.
func finish(chart *plot.Plot, unit string) {
	if chart.Y.Max == 0 {
		chart.Y.Max = 1
	}
	base := 1.0
	if unit == "bytes" {
		base = math.Pow(1024, math.Floor(math.Log2(chart.Y.Max*1.01)/10))
	}
	if unit == "s" && chart.Y.Max > 120 {
		base = 60
	}
	step := round125(chart.Y.Max/base/4) * base
	chart.Y.Max = math.Ceil(chart.Y.Max*1.02/step) * step
	chart.Y.Tick.Marker = plot.TickerFunc(func(_, to float64) (ticks []plot.Tick) {
		for v := 0.0; v <= to+step/2; v += step {
			ticks = append(ticks, plot.Tick{Value: v, Label: shown(v, unit, nil)})
		}
		return ticks
	})
}

// round125 is the next number of 1, 2, 5, 10, …
func round125(value float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(value)))
	for _, digit := range []float64{1, 2, 5} {
		if digit*power >= value {
			return digit * power
		}
	}
	return 10 * power
}

// stack puts values on top of what is below, and raises that.
func stack(below, values []float64) (top, base []float64) {
	top, base = make([]float64, len(values)), make([]float64, len(values))
	copy(base, below)
	for i, v := range values {
		top[i] = v + base[i]
		if !math.IsNaN(v) {
			below[i] = top[i]
		}
	}
	return top, base
}

// parts are the stretches of values, as first and last index.
func parts(values []float64) (found [][2]int) {
	for i := 0; i < len(values); i++ {
		if math.IsNaN(values[i]) {
			continue
		}
		from := i
		for i+1 < len(values) && !math.IsNaN(values[i+1]) {
			i++
		}
		found = append(found, [2]int{from, i})
	}
	return found
}

func addArea(chart *plot.Plot, values, base []float64, part [2]int, in color.RGBA, opacity int) error {
	var points, area plotter.XYs
	for i := part[0]; i <= part[1]; i++ {
		points = append(points, plotter.XY{X: float64(start.Add(time.Duration(i) * step).Unix()), Y: values[i]})
	}
	area = append(area, points...)
	for i := part[1]; i >= part[0]; i-- {
		area = append(area, plotter.XY{X: points[i-part[0]].X, Y: base[i]})
	}
	polygon, err := plotter.NewPolygon(area)
	if err != nil {
		return err
	}
	polygon.Color = color.NRGBA{in.R, in.G, in.B, uint8(min(opacity, 100) * 255 / 100)}
	polygon.LineStyle.Width = 0
	trace, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	trace.Color, trace.Width = in, 1.3
	chart.Add(polygon, trace)
	return nil
}

// legend names the lines below a chart, and returns how many rows it takes.
func legend(c draw.Canvas, lines []line) (rows int) {
	const size = 10
	var at []vg.Point
	x, y := c.Min.X, vg.Length(0)
	for _, l := range lines {
		width := 22 + style(size, ink).Width(l.name) + 12
		if x+width > c.Max.X && x > c.Min.X {
			x, y = c.Min.X, y+16
		}
		at = append(at, vg.Point{X: x, Y: y})
		x += width
	}
	rows = int(y/16) + 1
	for i, l := range lines {
		p := at[i]
		middle := c.Min.Y + vg.Length(rows)*16 - 8 - p.Y
		c.StrokeLine2(draw.LineStyle{Color: palette[i%len(palette)], Width: 3}, p.X+4, middle, p.X+16, middle)
		write(c, l.name, size, ink, p.X+22, middle, draw.XLeft)
	}
	return rows
}
