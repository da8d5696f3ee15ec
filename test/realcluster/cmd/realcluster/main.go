// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command realcluster runs a command while a Kubernetes cluster of two nodes is up, with KUBECONFIG set to lead there, and
// E2E_LOAD to a command that loads image archives. It ends with the command's exit code.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/superoffice-webhook/operator/test/realcluster"
)

// The kernel ends a child when the thread ends that made it, and only the main thread lives as long as the process.
func init() { runtime.LockOSThread() }

func main() {
	var o realcluster.Options
	prepare := flag.Bool("prepare", false, "compile what is needed, and do no more")
	flag.StringVar(&o.PauseImage, "pause", "dist/e2e/pause.tar", "`archive` with the image of test/realcluster/pause")
	flag.StringVar(&o.Logs, "logs", "dist/e2e/logs", "`folder` for the logs of the cluster's components")
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "usage: realcluster [flags] COMMAND [ARGUMENT...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	o.Command = flag.Args()
	o.Progress = os.Stdout
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, o, *prepare)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "realcluster:", err)
	}
	os.Exit(code)
}

func run(ctx context.Context, o realcluster.Options, prepareOnly bool) (int, error) {
	switch {
	case prepareOnly:
		if err := realcluster.Prepare(ctx, o.Progress); err != nil {
			return 1, err
		}
		return 0, nil
	case len(o.Command) == 0:
		flag.Usage()
		return 2, nil
	default:
		return realcluster.Run(ctx, o)
	}
}
