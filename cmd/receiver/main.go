// SPDX-License-Identifier: Apache-2.0

// The receiver faces SuperOffice: it verifies, stores and delivers events as its configuration file says. It knows nothing
// of Kubernetes. It exits with 0 after SIGTERM or SIGINT, with 1 when it failed, and with 2 when it was called wrongly.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/go-logr/logr"

	"github.com/superoffice-webhook/operator/receiver"
	"github.com/superoffice-webhook/operator/receiver/config"
)

// version is set when the program is linked.
var version = "dev"

func main() {
	runtime.MemProfileRate = 0 // nobody can read the profile, and to sample for it takes as long as to look a key up
	options, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "receiver: %v (--help explains the flags)\n", err)
		os.Exit(2)
	}
	if limit := keepWithin(cgroup); limit > 0 {
		options.Log.V(1).Info("the garbage collector keeps to a part of the container's memory", "bytes", limit)
	}
	if err := run(options); err != nil {
		options.Log.Error(err, "the receiver ends")
		os.Exit(1)
	}
}

func run(options receiver.Options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	go keepTidy(ctx)
	r, err := receiver.Open(ctx, options)
	switch {
	case err == nil:
		return r.Run(ctx)
	case ctx.Err() != nil: // asked to end before it began: nothing was accepted
		return nil
	default:
		return err
	}
}

// unused refuses addresses that would not count.
func unused(flags *flag.FlagSet, options receiver.Options) (err error) {
	flags.Visit(func(f *flag.Flag) {
		if options.ConfigDir == "" && (f.Name == "intake-address" || f.Name == "admin-address") {
			err = fmt.Errorf("--%s needs --config-dir; with --config, that file says where to listen", f.Name)
		}
	})
	return err
}

func parse(args []string) (receiver.Options, error) {
	options := receiver.Options{Version: version, BindHost: os.Getenv("BIND_ADDRESS")}
	flags := flag.NewFlagSet("receiver", flag.ContinueOnError)
	flags.StringVar(&options.ConfigFile, "config", "", "configuration file of one webhook (this or --config-dir is required)")
	flags.StringVar(&options.ConfigDir, "config-dir", "", "folder with a folder for each of many webhooks, in which its configuration is called receiver.yaml")
	flags.StringVar(&options.IntakeAddress, "intake-address", config.DefaultIntakeAddress, "with --config-dir, where to listen for events, host:port")
	flags.StringVar(&options.AdminAddress, "admin-address", config.DefaultAdminAddress, "with --config-dir, where to listen for those who run it, host:port")
	flags.StringVar(&options.DataDir, "data-dir", "", "directory for the queue; made when it is not there (required)")
	flags.DurationVar(&options.ShutdownDelay, "shutdown-delay", 0, "after SIGTERM, for how long to accept events while not ready any more")
	flags.DurationVar(&options.DrainTimeout, "drain-timeout", 20*time.Second, "after SIGTERM, for how long to deliver what is in the queue")
	flags.DurationVar(&options.HandOverTimeout, "hand-over-timeout", time.Minute, "after that, for how long to hand over what is left to other receivers, where the configuration names any")
	verbosity := flags.Int("v", 0, "verbosity of the log: 0 for what operators should know, up to 4")
	flags.SetOutput(io.Discard) // main says what is wrong, in one line
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(os.Stdout)
		flags.Usage()
		return options, err
	case err != nil:
		return options, err
	case flags.NArg() > 0:
		return options, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if problem := unused(flags, options); problem != nil {
		return options, problem
	}
	if (options.ConfigFile == "") == (options.ConfigDir == "") || options.DataDir == "" {
		return options, errors.New("--data-dir and either --config or --config-dir are required, for example --config config/samples/receiver.yaml --data-dir /tmp/receiver")
	}
	handler := slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.Level(-*verbosity)})
	options.Log = logr.FromSlogHandler(handler)
	return options, nil
}
