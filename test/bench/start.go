// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"
)

// footprint is what a receiver takes that has nothing to do.
type footprint struct {
	ready  time.Duration // from its start to a ready answer, median
	memory float64       // MiB
	binary int64         // bytes
}

func (b *bench) measureStart(ctx context.Context) (*footprint, error) {
	b.say("start")
	var all []time.Duration
	f := &footprint{}
	for range 5 {
		took, memory, err := b.startOnce(ctx)
		if err != nil {
			return nil, err
		}
		all, f.memory = append(all, took), max(f.memory, memory)
	}
	slices.Sort(all)
	f.ready = all[len(all)/2]
	info, err := os.Stat(b.receiver)
	if err != nil {
		return nil, err
	}
	f.binary = info.Size()
	return f, nil
}

func (b *bench) startOnce(ctx context.Context) (took time.Duration, memory float64, err error) {
	began := time.Now()
	r, err := b.run(alone())
	if err != nil {
		return 0, 0, err
	}
	defer r.end()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.admin+"/readyz", nil)
	if err != nil {
		return 0, 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	if err := answer.Body.Close(); err != nil {
		return 0, 0, err
	}
	if answer.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("the receiver is not ready: %s", answer.Status)
	}
	memory, _, err = r.memory()
	return took, memory, err
}

func (*bench) startTable(f *footprint) table {
	return table{
		title:  "A receiver with nothing to do",
		header: []string{"", ""},
		rows: [][]string{
			{"start to ready, median of 5", short(f.ready)},
			{"memory, the highest of 5", fmt.Sprintf("%.0f MiB", f.memory)},
			{"size of the program", fmt.Sprintf("%.1f MiB", float64(f.binary)/(1<<20))},
		},
	}
}
