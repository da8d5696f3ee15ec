// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bench is one run for some numbers of resources.
type bench struct {
	manager    string
	root       string // of the repository
	sizes      sizes
	namespaces int
	rest       time.Duration
	restAt     int
	rotations  int
	burst      int
	// pooled is how many resources share receivers, poolSize of them each time; 0 to leave that out.
	pooled, poolSize int
	onlyPools        bool
	keep             string
	write            string
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format(time.TimeOnly)+" "+format+"\n", args...)
}

func main() {
	b := bench{root: ".", sizes: sizes{100, 500, 1000, 2000, 5000}}
	flag.StringVar(&b.manager, "manager", "bin/manager", "the manager to measure")
	flag.Var(&b.sizes, "sizes", "comma-separated numbers of resources, each measured on a cluster of its own")
	flag.IntVar(&b.namespaces, "namespaces", 50, "namespaces that the resources are spread over")
	flag.DurationVar(&b.rest, "rest", 10*time.Minute, "how long nothing happens, to see what is written meanwhile")
	flag.IntVar(&b.restAt, "rest-at", 1000, "the number of resources that rest so long; others rest a tenth of it")
	flag.IntVar(&b.rotations, "rotations", 200, "Secrets that are changed, one after the other")
	flag.IntVar(&b.burst, "burst", 200, "resources that are changed at once")
	flag.IntVar(&b.pooled, "pooled", 1000, "number of resources that are measured in pools as well (0: none)")
	flag.IntVar(&b.poolSize, "pool-size", 100, "resources in each pool")
	flag.BoolVar(&b.onlyPools, "only-pools", false, "measure resources in pools and no others; the page and the plots are not written")
	flag.StringVar(&b.keep, "profile", "", "directory for profiles of the manager's memory and processor time (default: none)")
	flag.StringVar(&b.write, "write", "", "directory for the page and the plots (default: print only)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := b.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context) error {
	var err error
	if b.manager, err = filepath.Abs(b.manager); err != nil { // it runs in a directory of its own
		return err
	}
	var all []figures
	if !b.onlyPools {
		for _, n := range b.sizes {
			say("%d resources", n)
			f, err := b.measure(ctx, n)
			if err != nil {
				return fmt.Errorf("%d resources: %w", n, err)
			}
			all = append(all, *f)
		}
	}
	tables := tables(all)
	if b.pooled > 0 {
		say("%d resources in pools of %d", b.pooled, b.poolSize)
		f, err := b.measurePools(ctx)
		if err != nil {
			return fmt.Errorf("%d resources in pools: %w", b.pooled, err)
		}
		tables = append(tables, inPools(f, b.poolSize))
	}
	for _, t := range tables {
		if err := t.print(os.Stdout); err != nil {
			return err
		}
	}
	if b.write == "" || b.onlyPools {
		return nil
	}
	if err := writePage(tables, b.write); err != nil {
		return err
	}
	return plotAll(all, b.write)
}

// sizes is a flag of comma-separated numbers.
type sizes []int

func (s *sizes) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(*s)), " ", ","), "[]")
}

func (s *sizes) Set(text string) error {
	*s = nil
	for field := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 || n > maxReceivers {
			return fmt.Errorf("%q: must be a number from 1 to %d", field, maxReceivers)
		}
		*s = append(*s, n)
	}
	return nil
}
