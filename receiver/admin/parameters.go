// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
)

const (
	maxID   = math.MaxInt64
	minRate = 0.001
	maxRate = 1_000_000
)

// parameters reads a request's query and notes what is wrong with it, so that all of it is told at once. It is strict,
// because a parameter that is misspelt and passed over would widen a selection.
type parameters struct {
	values   url.Values
	known    []string
	problems []error
}

func parametersOf(r *http.Request) *parameters {
	values, err := url.ParseQuery(r.URL.RawQuery)
	p := &parameters{values: values}
	if err != nil {
		p.problems = append(p.problems, fmt.Errorf("the query cannot be read: %w", err))
	}
	return p
}

func (p *parameters) wrong(name, format string, args ...any) {
	p.problems = append(p.problems, fmt.Errorf("%s: %w", name, fmt.Errorf(format, args...)))
}

// all returns what was given for a parameter.
func (p *parameters) all(name string) []string {
	p.known = append(p.known, name)
	if slices.Contains(p.values[name], "") {
		p.wrong(name, "is empty; leave it out or give a value")
		return nil
	}
	return p.values[name]
}

// text returns what was given for a parameter, or nothing.
func (p *parameters) text(name string) string {
	texts := p.all(name)
	switch len(texts) {
	case 0:
		return ""
	case 1:
		return texts[0]
	default:
		p.wrong(name, "is given %d times, but counts once", len(texts))
		return ""
	}
}

func (p *parameters) number(name string, absent, most uint64) uint64 {
	text := p.text(name)
	if text == "" {
		return absent
	}
	n, err := number(name, text, most)
	if err != nil {
		p.problems = append(p.problems, err)
	}
	return n
}

func (p *parameters) numbers(name string, most uint64) []uint64 {
	var list []uint64
	for _, text := range p.all(name) {
		n, err := number(name, text, most)
		if err != nil {
			p.problems = append(p.problems, err)
		}
		list = append(list, n)
	}
	return list
}

func number(name, text string, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > most {
		return 0, fmt.Errorf("%s: %q is not a number from 0 to %d", name, text, most)
	}
	return n, nil
}

func (p *parameters) flag(name string) bool {
	text := p.text(name)
	switch text {
	case "true":
		return true
	case "", "false":
	default:
		p.wrong(name, "%q is neither true nor false", text)
	}
	return false
}

// rate returns how many a second there may be; without a limit when nothing was given.
func (p *parameters) rate(name string) rate.Limit {
	text := p.text(name)
	if text == "" {
		return rate.Inf
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= minRate && n <= maxRate) { // which NaN is not, either
		p.wrong(name, "%q is not a number of events per second from %g to %d", text, minRate, maxRate)
	}
	return rate.Limit(n)
}

func (p *parameters) time(name string, now time.Time) time.Time {
	text := p.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := deadletter.ParseTime(text, now)
	if err != nil {
		p.wrong(name, "%w", err)
	}
	return t
}

func (p *parameters) selection() deadletter.Selection {
	now := time.Now()
	s := deadletter.Selection{
		Sink:    p.text(deadletter.ParameterSink),
		Event:   p.text(deadletter.ParameterEvent),
		EventID: p.text(deadletter.ParameterEventID),
		Since:   p.time(deadletter.ParameterSince, now),
		Until:   p.time(deadletter.ParameterUntil, now),
		IDs:     p.numbers(deadletter.ParameterID, maxID),
	}
	if !s.Since.IsZero() && !s.Until.IsZero() && !s.Since.Before(s.Until) {
		p.wrong(deadletter.ParameterSince, "must be before %s", deadletter.ParameterUntil)
	}
	return s
}

// explicitSelection is one that means everything only when told so.
func (p *parameters) explicitSelection() deadletter.Selection {
	s := p.selection()
	selecting := slices.Clone(p.known)
	all := p.flag("all")
	switch {
	case all && !s.Everything():
		p.wrong("all", "means everything; leave it out to mean what else is given")
	case !all && s.Everything() && len(p.problems) == 0:
		p.problems = append(p.problems, fmt.Errorf("nothing is selected: give at least one of %s, or all=true for every dead letter",
			strings.Join(selecting, ", ")))
	}
	return s
}

// err tells what is wrong, parameters included that nobody asked for.
func (p *parameters) err() error {
	problems := p.problems
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		switch {
		case slices.Contains(p.known, name):
		case len(p.known) == 0:
			problems = append(problems, fmt.Errorf("%q is no parameter here: there are none", name))
		default:
			problems = append(problems, fmt.Errorf("%q is no parameter here: there are %s", name, strings.Join(p.known, ", ")))
		}
	}
	return errors.Join(problems...)
}
