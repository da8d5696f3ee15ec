// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// deliveryRow is how a receiver fares with a number of sinks, from the first event posted to the last one delivered.
type deliveryRow struct {
	sinks     int
	perSecond float64 // events, each of which every sink gets
	paced     []time.Duration
}

const (
	// pace is a load that the receiver bears easily, at which the time from posting to arrival is measured.
	pace = 200
	// posters is how many connections SuperOffice is taken to have.
	posters = 16
)

// measureDelivery takes events from intake to sinks that answer at once.
func (b *bench) measureDelivery(ctx context.Context) ([]deliveryRow, error) {
	var rows []deliveryRow
	for _, sinks := range []int{1, 4, 16} {
		b.say("delivery to %d sinks: %d events", sinks, b.events)
		row, err := b.deliver(ctx, sinks)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (b *bench) deliver(ctx context.Context, count int) (deliveryRow, error) {
	var posted times
	var urls []string
	var all []*sink
	for range count {
		s := newSink(&posted)
		urls, all = append(urls, s.URL), append(all, s)
	}
	defer func() {
		for _, s := range all {
			s.Close()
		}
	}()
	r, err := b.run(settings(urls...))
	if err != nil {
		return deliveryRow{}, err
	}
	defer r.end()

	paced := load{address: r.address, connections: posters, perSecond: pace, duration: b.duration, posting: posted.note}
	if _, err := paced.run(ctx); err != nil {
		return deliveryRow{}, err
	}
	if err := r.drained(ctx); err != nil {
		return deliveryRow{}, err
	}
	row := deliveryRow{sinks: count, paced: all[0].sorted()}

	began := time.Now()
	if _, err := (load{address: r.address, connections: posters, events: b.events}).run(ctx); err != nil {
		return deliveryRow{}, err
	}
	if err := r.drained(ctx); err != nil {
		return deliveryRow{}, err
	}
	row.perSecond = float64(b.events) / time.Since(began).Seconds()
	return row, nil
}

func (b *bench) deliveryTable(rows []deliveryRow) table {
	t := table{
		title: "From intake to the sinks",
		note: fmt.Sprintf("HTTP sinks that answer at once, %d requests at a time each at most, on the processor of the load. Rate: %d events posted "+
			"over %d connections as fast as they are answered, until the last sink has the last one. Time: from posting to arrival, at %d "+
			"events a second.", config.DefaultConcurrency, b.events, posters, pace),
		header: []string{"sinks", "events/s", "deliveries/s", "median", "99th percentile"},
	}
	for _, r := range rows {
		t.rows = append(t.rows, []string{
			fmt.Sprint(r.sinks), fmt.Sprintf("%.0f", r.perSecond), fmt.Sprintf("%.0f", r.perSecond*float64(r.sinks)),
			short(percentile(r.paced, 0.5)), short(percentile(r.paced, 0.99)),
		})
	}
	return t
}
