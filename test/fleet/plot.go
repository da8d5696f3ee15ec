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

// plots are drawn over the number of resources.
var plots = []struct {
	file, title string
	of          func(figures) float64
}{
	{"fleet-create.svg", "Seconds until all resources are ready", func(f figures) float64 { return f.created.Seconds() }},
	{"fleet-requests.svg", "Requests for one resource that is created", figures.sum},
	{"fleet-memory.svg", "Memory of the manager, MiB", func(f figures) float64 { return f.memory }},
	{"fleet-reaction.svg", "Milliseconds until a change of a Secret is told, p99", func(f figures) float64 {
		return float64(percentile(f.reaction, 99).Milliseconds())
	}},
	{"fleet-restart.svg", "Seconds from a restart to idle", func(f figures) float64 { return f.restart.Seconds() }},
	{"fleet-writes.svg", "Writes at rest and after a restart", func(f figures) float64 { return float64(f.restWrites + f.restartWrites) }},
}

func plotAll(all []figures, dir string) error {
	for _, each := range plots {
		p := plot.New()
		p.Title.Text, p.X.Label.Text = each.title, "resources"
		p.X.Min, p.Y.Min = 0, 0
		p.Add(plotter.NewGrid())
		points := make(plotter.XYs, len(all))
		for i, f := range all {
			points[i] = plotter.XY{X: float64(f.resources), Y: each.of(f)}
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return fmt.Errorf("draw %s: %w", each.file, err)
		}
		line.Color, line.Width = color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}, vg.Points(2)
		dots.Color = line.Color
		p.Add(line, dots)
		p.Y.Max = max(1, p.Y.Max*1.1)
		if err := p.Save(12*vg.Centimeter, 7*vg.Centimeter, filepath.Join(dir, each.file)); err != nil {
			return fmt.Errorf("draw %s: %w", each.file, err)
		}
	}
	return nil
}
