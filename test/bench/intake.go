// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// alone are the settings of a receiver that stores and does not deliver, so that intake is measured and nothing else.
func alone() *config.Config {
	c := settings("http://127.0.0.1:1/")
	c.Suspend = true
	return c
}

// contender is one of the servers that are compared.
type contender struct {
	name  string
	start func() (*server, error)
}

func (s *starter) contenders() []contender {
	return []contender{
		{"signature only", func() (*server, error) { return s.baseline(bare) }},
		{"receiver", func() (*server, error) { return s.run(alone()) }},
		{"receiver, volume", func() (*server, error) {
			c := alone()
			c.Queue.Sync = true
			return s.run(c)
		}},
		{"one sync per event", func() (*server, error) { return s.baseline(syncEach) }},
	}
}

// turn is how long one contender is measured before the next: short, since a machine that is shared is slow for seconds, and then
// slow for all of them.
const turn = 400 * time.Millisecond

// intakeRow is how all contenders fare with a number of connections.
type intakeRow struct {
	connections int
	of          []answers // by contender
}

func (b *bench) measureIntake(ctx context.Context) ([]intakeRow, error) {
	var rows []intakeRow
	for _, connections := range b.connections {
		b.say("intake, %d connections: %d turns of %d servers", connections, b.turns, len(b.contenders()))
		row, err := b.takeTurns(ctx, connections)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// takeTurns starts all contenders and measures one after the other, again and again. The first turn warms them up.
func (b *bench) takeTurns(ctx context.Context, connections int) (intakeRow, error) {
	contenders := b.contenders()
	row := intakeRow{connections, make([]answers, len(contenders))}
	var servers []*server
	defer func() {
		for _, s := range servers {
			s.end()
		}
	}()
	for _, c := range contenders {
		s, err := c.start()
		if err != nil {
			return row, fmt.Errorf("%s: %w", c.name, err)
		}
		servers = append(servers, s)
	}
	for n := range 1 + b.turns {
		for i, s := range servers {
			a, err := s.turn(ctx, connections)
			if err != nil {
				return row, fmt.Errorf("%s: %w", contenders[i].name, err)
			}
			if n > 0 {
				row.of[i].add(a)
			}
		}
	}
	return row, nil
}

func (s *server) turn(ctx context.Context, connections int) (answers, error) {
	before, err := s.cpu()
	if err != nil {
		return answers{}, err
	}
	a, err := load{address: s.address, connections: connections, duration: turn}.run(ctx)
	if err != nil {
		return answers{}, err
	}
	after, err := s.cpu()
	a.cpu = after - before
	return a, err
}

func (b *bench) intakeTables(rows []intakeRow) []table {
	rates := table{
		title: "Acknowledged events per second",
		note: fmt.Sprintf("activity.created, %d bytes, each with an EventId of its own; %d turns of %s each. In brackets: "+
			"the share of what the server reaches that only checks the signature.", len(sample()), b.turns, turn),
		header: []string{"connections"},
	}
	latencies := table{
		title: "Time to the answer, median and 99th percentile", header: []string{"connections"},
		note: "The load is as much as is answered, so the time is that of a server at its limit.",
	}
	cpu := table{
		title: "Processor time per event", header: []string{"connections"},
		note: "What the server spends for one event. On a machine that does other things meanwhile, this is what can still be compared: " +
			"in brackets the server that only checks the signature, in relation to it.",
	}
	for _, c := range b.contenders() {
		cpu.header = append(cpu.header, c.name)
		rates.header = append(rates.header, c.name)
		latencies.header = append(latencies.header, c.name)
	}
	for _, row := range rows {
		first := fmt.Sprint(row.connections)
		rate, latency, spent := []string{first}, []string{first}, []string{first}
		for i, a := range row.of {
			text, each := fmt.Sprintf("%.0f", a.perSecond()), short(a.cpuPerEvent())
			if i > 0 {
				text += fmt.Sprintf(" (%.2f)", a.perSecond()/row.of[0].perSecond())
				each += fmt.Sprintf(" (%.2f)", float64(row.of[0].cpuPerEvent())/float64(a.cpuPerEvent()))
			}
			rate, spent = append(rate, text), append(spent, each)
			latency = append(latency, fmt.Sprintf("%s / %s", short(a.percentile(0.5)), short(a.percentile(0.99))))
		}
		rates.rows, latencies.rows = append(rates.rows, rate), append(latencies.rows, latency)
		cpu.rows = append(cpu.rows, spent)
	}
	return []table{rates, latencies, cpu}
}

// short writes a duration with three digits.
func short(d time.Duration) string {
	switch {
	case d < 100*time.Microsecond:
		return d.Round(100 * time.Nanosecond).String()
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	default:
		return d.Round(10 * time.Millisecond).String()
	}
}
