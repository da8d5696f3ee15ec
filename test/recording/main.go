// SPDX-License-Identifier: Apache-2.0

// Recording runs the operator and the receivers of three webhooks on a cluster of local processes, posts events to them while
// sinks fail, and writes what all of them told Prometheus to the file $1. The pictures of the dashboards are drawn from it.
//
//	go run ./test/recording monitoring/testdata/dashboards.promql
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"regexp"
	"time"

	"github.com/superoffice-webhook/operator/monitoring"
	"github.com/superoffice-webhook/operator/test/series"
	"github.com/superoffice-webhook/operator/test/terminal"
)

const (
	interval = 15 * time.Second
	// scrapes are how many the recording has: eleven minutes.
	scrapes = 45
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "recording: %v\n", err)
		os.Exit(1)
	}
}

func run() (err error) {
	if len(os.Args) != 2 {
		return errors.New("name the file to write")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "superoffice-webhook-recording-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := terminal.Start(ctx, ".", dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	p := &play{Terminal: s, sinks: startSinks()}
	defer p.sinks.Close()
	if err := p.install(ctx); err != nil {
		return err
	}
	text, err := p.record(ctx)
	if err != nil {
		return err
	}
	return os.WriteFile(os.Args[1], text, 0o644)
}

// record scrapes while the story goes on.
func (p *play) record(ctx context.Context) ([]byte, error) {
	wanted, err := asked()
	if err != nil {
		return nil, err
	}
	targets, err := p.targets(ctx)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p.post(ctx, targets)
	var told series.Recording
	started := time.Now()
	for tick := time.NewTicker(interval); told.Scrapes() < scrapes; {
		if err := p.act(ctx, told.Scrapes()); err != nil {
			return nil, err
		}
		values, err := scrape(ctx, targets, wanted, started)
		if err != nil {
			return nil, err
		}
		told.Add(values)
		fmt.Fprintf(os.Stderr, "%d of %d scrapes\n", told.Scrapes(), scrapes)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Recorded from a manager and six receivers by: go run ./test/recording\nload %s\n", interval)
	for name, values := range told.All() {
		fmt.Fprintf(&b, "  %s %s\n", name, values)
	}
	return b.Bytes(), nil
}

// asked tells what the dashboards ask for.
func asked() (func(metric string) bool, error) {
	words := map[string]bool{}
	files, err := fs.Glob(monitoring.Dashboards, "dashboards/*.json")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := monitoring.Dashboards.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, word := range regexp.MustCompile(`[a-z_]{5,}`).FindAllString(string(text), -1) {
			words[word] = true
		}
	}
	return func(metric string) bool { return words[metric] }, nil
}
