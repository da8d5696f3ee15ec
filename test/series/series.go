// SPDX-License-Identifier: Apache-2.0

// Package series writes down what metrics told over time, in the notation of Prometheus' own tests.
package series

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Recording is what was told at each scrape. The zero value is empty.
type Recording struct {
	scrapes int
	told    map[string][]string
}

// absent stands for no value, and gone for the first of those behind one: Prometheus writes down that a series has ended.
const absent, gone = "_", "stale"

// Add records a scrape: values by series, a series being a name with its labels.
func (r *Recording) Add(values map[string]float64) {
	if r.told == nil {
		r.told = map[string][]string{}
	}
	for series, value := range values {
		r.told[series] = append(r.pad(series), strconv.FormatFloat(value, 'g', 6, 64))
	}
	r.scrapes++
}

// Scrapes is how many there were.
func (r *Recording) Scrapes() int { return r.scrapes }

// All are the series in order, with their values: 5x3 is four times 5.
func (r *Recording) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, series := range slices.Sorted(maps.Keys(r.told)) {
			if !yield(series, shorten(r.pad(series))) {
				return
			}
		}
	}
}

// pad says that there was no value up to now.
func (r *Recording) pad(series string) []string {
	values := r.told[series]
	for len(values) < r.scrapes {
		if n := len(values); n > 0 && values[n-1] != absent && values[n-1] != gone {
			values = append(values, gone)
			continue
		}
		values = append(values, absent)
	}
	return values
}

func shorten(values []string) string {
	var words []string
	for i := 0; i < len(values); {
		end := i + 1
		for end < len(values) && values[end] == values[i] {
			end++
		}
		switch {
		case end-i == 1:
			words = append(words, values[i])
		case values[i] == absent:
			words = append(words, fmt.Sprintf("_x%d", end-i))
		default:
			words = append(words, fmt.Sprintf("%sx%d", values[i], end-i-1))
		}
		i = end
	}
	return strings.Join(words, " ")
}

// Read reads what /metrics serves, of the metrics that are wanted. Each series gets the labels of its target, like
// namespace="sales",pod="a".
func Read(page io.Reader, target string, wanted func(metric string) bool) (map[string]float64, error) {
	found := map[string]float64{}
	lines := bufio.NewScanner(page)
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if at < 0 || strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		name, labels, _ := strings.Cut(strings.TrimSuffix(lines.Text()[:at], "}"), "{")
		if !wanted(name) {
			continue
		}
		if labels != "" {
			labels = "," + labels
		}
		value, err := strconv.ParseFloat(lines.Text()[at+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		found[name+"{"+target+labels+"}"] = value
	}
	return found, lines.Err()
}
