// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// bench is one run of the benchmarks.
type bench struct {
	*starter
	turns    int
	duration time.Duration
	events   int64
	backlog  int64
	parts    string
	// connections of the load on intake.
	connections []int
}

func (*bench) say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) > 2 && args[0] == pinned:
		err = become(args[1:])
	case len(args) == 2 && (args[0] == bare || args[0] == syncEach):
		err = serveBaseline(args[0], args[1])
	default:
		err = measure()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure() error {
	b := &bench{starter: &starter{}}
	flag.StringVar(&b.receiver, "receiver", "bin/receiver", "the receiver to measure")
	flag.DurationVar(&b.duration, "duration", 3*time.Second, "how long each load at an easy pace lasts")
	flag.IntVar(&b.turns, "turns", 20, "how often each server is measured, in turns with the others, for intake")
	flag.Int64Var(&b.events, "events", 50_000, "events that are delivered to sinks")
	flag.Int64Var(&b.backlog, "backlog", 1_000_000, "events that wait for a sink that is down")
	flag.StringVar(&b.parts, "parts", "start,intake,delivery,backlog", "what to measure; a page is only written of all")
	connections := flag.String("connections", "1,16,64,256", "how many connections intake is measured with")
	write := flag.String("write", "", "directory for the page and the plot (default: print only)")
	flag.Parse()
	for text := range strings.SplitSeq(*connections, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("-connections: %w", err)
		}
		b.connections = append(b.connections, n)
	}
	if err := onLoadCPU(); err != nil {
		return err
	}
	if !twoCPUs() {
		b.say("There is one processor only: the load competes with what it measures.")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if b.dir, err = os.MkdirTemp("", "superoffice-webhook-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir) //nolint:errcheck // a temporary directory
	b.spawner = process.NewSpawner()
	defer b.spawner.Close()
	return b.all(ctx, *write)
}

// all measures everything that is wanted and tells it.
func (b *bench) all(ctx context.Context, write string) error {
	var tables []table
	var intake []intakeRow
	for _, part := range []struct {
		name    string
		measure func() ([]table, error)
	}{
		{"intake", func() (_ []table, err error) {
			if intake, err = b.measureIntake(ctx); err != nil {
				return nil, err
			}
			return b.intakeTables(intake), nil
		}},
		{"delivery", func() ([]table, error) {
			rows, err := b.measureDelivery(ctx)
			return []table{b.deliveryTable(rows)}, err
		}},
		{"backlog", func() ([]table, error) {
			result, err := b.measureBacklog(ctx)
			if err != nil {
				return nil, err
			}
			return []table{b.backlogTable(result)}, nil
		}},
		{"start", func() ([]table, error) {
			result, err := b.measureStart(ctx)
			if err != nil {
				return nil, err
			}
			return []table{b.startTable(result)}, nil
		}},
	} {
		if !slices.Contains(strings.Split(b.parts, ","), part.name) {
			write = ""
			continue
		}
		measured, err := part.measure()
		if err != nil {
			return err
		}
		if ctx.Err() != nil { // loads end early then, and are no measure
			return context.Cause(ctx)
		}
		tables = append(tables, measured...)
	}
	for _, t := range tables {
		if err := t.print(os.Stdout); err != nil {
			return err
		}
	}
	if write == "" {
		return nil
	}
	if err := writePage(tables, write); err != nil {
		return err
	}
	return b.plotIntake(intake, write)
}

func writePage(tables []table, dir string) error {
	var page bytes.Buffer
	fmt.Fprintf(&page, "# Figures\n\nWritten by `make bench` on %s/%s with %s: servers on one processor, the load on another. "+
		"[README.md](README.md) says what limits them.\n\n![Acknowledged events per second](intake.svg)\n",
		runtime.GOOS, runtime.GOARCH, runtime.Version())
	for _, t := range tables {
		t.markdown(&page)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { // #nosec G301 -- a folder of the documentation
		return err
	}
	return os.WriteFile(filepath.Join(dir, "figures.md"), page.Bytes(), 0o644) // #nosec G306 -- a page of the documentation
}
