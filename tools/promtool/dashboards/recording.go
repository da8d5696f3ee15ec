// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
)

// Times of the recording: when the first rates are known, and its last scrape but one.
var (
	start = time.Unix(60, 0)
	end   = time.Unix(11*60-15, 0)
	step  = 5 * time.Second
)

// recording is a Prometheus that knows what was recorded.
type recording struct {
	*promqltest.LazyLoader
	engine *promql.Engine
}

func open(file string) (*recording, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	loader, err := promqltest.NewLazyLoader(string(text), promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	loader.WithSamplesTill(end, func(e error) { err = e })
	return &recording{loader, promql.NewEngine(promql.EngineOpts{MaxSamples: 1e7, Timeout: time.Minute})}, err
}

// line is the answer to a query over time: NaN where there is no value.
type line struct {
	name   string
	values []float64
}

// over answers a query for the whole time.
func (r *recording) over(query, legend string) ([]line, error) {
	q, err := r.engine.NewRangeQuery(r.Context(), r.Storage(), nil, query, start, end, step)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	result := q.Exec(r.Context())
	matrix, err := result.Matrix()
	if err != nil {
		return nil, err
	}
	var all []line
	for _, series := range matrix {
		l := line{name: name(legend, series.Metric)}
		for t := start; !t.After(end); t = t.Add(step) {
			l.values = append(l.values, math.NaN())
		}
		for _, p := range series.Floats {
			l.values[(p.T-start.UnixMilli())/step.Milliseconds()] = p.F
		}
		all = append(all, l)
	}
	return all, nil
}

// at answers a query for the end.
func (r *recording) at(query string) (promql.Vector, error) {
	q, err := r.engine.NewInstantQuery(r.Context(), r.Storage(), nil, query, end)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	v, err := q.Exec(r.Context()).Vector()
	return append(promql.Vector(nil), v...), err
}

var placeholder = regexp.MustCompile(`\{\{ *(\w+) *\}\}`)

// name is what a legend says of a series.
func name(legend string, metric labels.Labels) string {
	return strings.TrimSpace(placeholder.ReplaceAllStringFunc(legend, func(found string) string {
		return metric.Get(placeholder.FindStringSubmatch(found)[1])
	}))
}
