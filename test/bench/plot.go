// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"image/color"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// colours of the contenders, told apart by people who do not see all colours (Okabe and Ito).
var colours = []color.Color{
	color.RGBA{R: 0x00, G: 0x00, B: 0x00, A: 0xff},
	color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff},
	color.RGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff},
	color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff},
}

// plotIntake draws the rate of each contender over the number of connections.
func (b *bench) plotIntake(rows []intakeRow, dir string) error {
	p := plot.New()
	p.Title.Text = "Acknowledged events per second"
	p.X.Label.Text = "connections"
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = fmt.Sprint(row.connections)
	}
	p.NominalX(names...)
	for i, c := range b.contenders() {
		points := make(plotter.XYs, len(rows))
		for x, row := range rows {
			points[x] = plotter.XY{X: float64(x), Y: row.of[i].perSecond()}
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return fmt.Errorf("draw %s: %w", c.name, err)
		}
		line.Color, line.Width, dots.Color = colours[i], vg.Points(2), colours[i]
		p.Add(line, dots)
		p.Legend.Add(c.name, line)
	}
	p.X.Min, p.X.Max = -0.2, float64(len(rows))-0.8
	p.Y.Max *= 1.25 // room for the legend
	return p.Save(18*vg.Centimeter, 11*vg.Centimeter, filepath.Join(dir, "intake.svg"))
}
