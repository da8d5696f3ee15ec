// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// backlog is how a receiver gets over an outage of its sink.
type backlog struct {
	events          int64
	memory, peak    float64 // MiB, with everything stored and at its highest while it drains
	drain           time.Duration
	cpu             time.Duration // that the receiver spent meanwhile
	idle, meanwhile answers       // of intake at an easy pace
}

// calm is how many times as long as other easy loads intake is measured alone: of 600 answers, the 99th percentile is one of the
// slowest six.
const calm = 5

// measureBacklog has a sink down until many events wait for it.
func (b *bench) measureBacklog(ctx context.Context) (*backlog, error) {
	var posted times
	s := newSink(&posted)
	defer s.Close()
	r, err := b.run(settings(s.URL))
	if err != nil {
		return nil, err
	}
	defer r.end()
	result := &backlog{events: b.backlog}
	easy := load{address: r.address, connections: posters, perSecond: pace, duration: calm * b.duration}
	b.say("backlog: intake alone")
	if result.idle, err = easy.run(ctx); err != nil {
		return nil, err
	}
	s.down.Store(true)
	b.say("backlog: %d events while the sink is down", b.backlog)
	if _, err := (load{address: r.address, connections: posters, events: b.backlog}).run(ctx); err != nil {
		return nil, err
	}
	if result.memory, _, err = r.memory(); err != nil {
		return nil, err
	}
	b.say("backlog: the sink is back")
	return result, b.drain(ctx, r, s, easy, result)
}

// drain measures intake as long as the sink catches up.
func (b *bench) drain(ctx context.Context, r *server, s *sink, easy load, result *backlog) error {
	before, err := r.cpu()
	if err != nil {
		return err
	}
	posting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	began := time.Now()
	s.expect(b.backlog, func() {
		result.drain = time.Since(began)
		stop()
	})
	s.down.Store(false)
	easy.duration = 0
	result.meanwhile, err = easy.run(posting)
	if err != nil {
		return err
	}
	if errors.Is(posting.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("the backlog is not delivered after %s", patience)
	}
	after, err := r.cpu()
	if err != nil {
		return err
	}
	result.cpu = after - before
	_, result.peak, err = r.memory()
	return err
}

func (b *bench) backlogTable(r *backlog) table {
	return table{
		title: "After an outage of the sink",
		note: fmt.Sprintf("Intake meanwhile and before: %d events a second over %d connections. The sink is left alone at first, as "+
			"its circuit is open, which is a part of the time.", pace, posters),
		header: []string{"", ""},
		rows: [][]string{
			{"events that waited", fmt.Sprint(r.events)},
			{"time until they were delivered", short(r.drain)},
			{"events delivered per second", fmt.Sprintf("%.0f", float64(r.events)/r.drain.Seconds())},
			{"processor time per event, delivery and intake", short(r.cpu / time.Duration(r.events+r.meanwhile.count))},
			{"intake before, median / 99th percentile", short(r.idle.percentile(0.5)) + " / " + short(r.idle.percentile(0.99))},
			{"intake meanwhile, median / 99th percentile", short(r.meanwhile.percentile(0.5)) + " / " + short(r.meanwhile.percentile(0.99))},
			{"memory with all of them stored", fmt.Sprintf("%.0f MiB", r.memory)},
			{"memory at its highest", fmt.Sprintf("%.0f MiB", r.peak)},
		},
	}
}
