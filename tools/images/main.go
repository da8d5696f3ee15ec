// SPDX-License-Identifier: Apache-2.0

// Command images makes the project's container images as OCI archives, without a registry and without a container
// runtime: ko compiles and layers, on a base that is made here too. The same source makes the same digests.
//
// It is a module of its own, since ko brings along the clients of many registries.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// options are the flags.
type options struct {
	// root is the folder of the module that has the programs.
	root string
	// out is where the archives go.
	out string
	// version is the tag, and what the programs call themselves.
	version string
	// platforms as os/architecture.
	platforms []string
	// names of the images to make.
	names []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, parse(), os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func parse() options {
	var o options
	flag.StringVar(&o.root, "root", "../..", "`folder` of the module that has the programs")
	flag.StringVar(&o.out, "out", "dist/images", "`folder` for the archives, within root")
	flag.StringVar(&o.version, "version", "devel", "`tag` of the images, and what the programs call themselves")
	platforms := flag.String("platforms", "linux/amd64,linux/arm64", "`list` of platforms, separated by commas")
	flag.Usage = func() {
		_, _ = fmt.Fprintf(flag.CommandLine.Output(), "usage: images [flags] [NAME...]   (%s, if none is named)\n", strings.Join(product, ", "))
		flag.PrintDefaults()
	}
	flag.Parse()
	o.platforms = strings.Split(*platforms, ",")
	if o.names = flag.Args(); len(o.names) == 0 {
		o.names = product
	}
	return o
}

// run makes the images and tells the writer what they are.
func run(ctx context.Context, o options, out io.Writer) error {
	root, err := filepath.Abs(o.root)
	if err != nil {
		return err
	}
	o.root, o.out = root, filepath.Join(root, o.out)
	wanted, err := choose(o.names)
	if err != nil {
		return err
	}
	b, err := newBuilder(ctx, o)
	if err != nil {
		return err
	}
	for _, i := range wanted {
		result, err := b.build(ctx, i)
		if err != nil {
			return fmt.Errorf("make the image %s: %w", i.name, err)
		}
		if err := b.keep(result); err != nil {
			return fmt.Errorf("keep the image %s: %w", i.name, err)
		}
		_, _ = fmt.Fprintln(out, result)
		if err := result.withinLimit(); err != nil {
			return err
		}
	}
	return nil
}
