// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel draws one, and tells whether it has data.
func (s *sheet) panel(r *recording, p panel) (found bool, err error) {
	c := s.area(p)
	switch p.Type {
	case "row":
		write(c, p.Title, 13, ink, c.Min.X+4, (c.Min.Y+c.Max.Y)/2, draw.XLeft)
		return true, nil
	case "stat":
		return stat(c, r, p)
	case "table":
		return table(frame(c, p.Title), r, p)
	case "timeseries":
		return timeseries(frame(c, p.Title), r, p)
	}
	return false, fmt.Errorf("panels of the type %q are unknown", p.Type)
}

// stat shows one value, in the colour of the threshold that it has reached.
func stat(c draw.Canvas, r *recording, p panel) (found bool, err error) {
	samples, err := r.at(p.Targets[0].Expr)
	if err != nil {
		return false, err
	}
	f := p.FieldConfig.Defaults
	value, words := 0.0, f.NoValue
	if len(samples) > 0 {
		value = samples[0].F
		words = shown(value, f.Unit, f.Decimals)
	}
	reached := named["green"]
	for _, step := range f.Thresholds.Steps {
		if step.Value == nil || value >= *step.Value {
			reached = named[step.Color]
		}
	}
	back, title, number := reached, paper, paper
	if p.Options.ColorMode == "value" {
		back, title, number = paper, ink, reached
	}
	fill(c, back)
	outline(c)
	write(c, p.Title, 12, title, c.Min.X+10, c.Max.Y-14, draw.XLeft)
	write(c, words, 27, number, (c.Min.X+c.Max.X)/2, (c.Min.Y+c.Max.Y)/2-8, draw.XCenter)
	return len(samples) > 0 || f.NoValue != "", nil
}

// table joins the answers to all queries by their labels.
func table(c draw.Canvas, r *recording, p panel) (found bool, err error) {
	header := []string{"namespace", "webhook"}
	rows := map[string][]string{}
	for i, target := range p.Targets {
		title, unit := "Value #"+target.RefID, p.FieldConfig.Defaults.Unit
		decimals := p.FieldConfig.Defaults.Decimals
		for _, o := range p.FieldConfig.Overrides {
			if o.Matcher.Options != "Value #"+target.RefID {
				continue
			}
			for _, property := range o.Properties {
				switch property.ID {
				case "displayName":
					title = fmt.Sprint(property.Value)
				case "unit":
					unit, decimals = fmt.Sprint(property.Value), nil
				}
			}
		}
		header = append(header, title)
		samples, err := r.at(target.Expr)
		if err != nil {
			return false, err
		}
		for _, s := range samples {
			key := s.Metric.Get("namespace") + "\x00" + s.Metric.Get("webhook")
			for len(rows[key]) < i {
				rows[key] = append(rows[key], "")
			}
			rows[key] = append(rows[key], shown(s.F, unit, decimals))
		}
	}
	lines := [][]string{header}
	for key, values := range rows {
		lines = append(lines, append(strings.Split(key, "\x00"), values...))
	}
	slices.SortFunc(lines[1:], slices.Compare[[]string])
	width := (c.Max.X - c.Min.X) / vg.Length(len(header))
	for i, cells := range lines {
		y := c.Max.Y - 14 - vg.Length(i)*26
		for j, cell := range cells {
			in := ink
			if i == 0 {
				in = pale
			}
			write(c, cell, 12, in, c.Min.X+8+vg.Length(j)*width, y, draw.XLeft)
		}
		c.StrokeLine2(draw.LineStyle{Color: faint, Width: 0.8}, c.Min.X, y-13, c.Max.X, y-13)
	}
	return len(rows) > 0, nil
}
