// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	keep := flag.Bool("keep", false, "stay up at the end and print how to reach everything")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := newStory(os.Stdout)
	if err := tell(ctx, s, *keep); err != nil {
		fmt.Fprintf(os.Stderr, "\nThe demo failed: %v\n", err)
		stop()
		os.Exit(1) //nolint:gocritic // the deferred stop was called
	}
	fmt.Fprintf(s.out, "\nEvery step held: %d steps in %.0f s.\n", s.steps, time.Since(s.began).Seconds())
}
