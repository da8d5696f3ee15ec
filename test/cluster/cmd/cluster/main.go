// SPDX-License-Identifier: Apache-2.0

// Command cluster keeps a Kubernetes cluster of local processes up in the foreground, for trying things by hand.
// Ctrl-C ends it and leaves nothing behind. It exits with 0 then, with 1 when it failed, and with 2 when it was called
// wrongly.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/superoffice-webhook/operator/test/cluster"
)

func main() {
	o, err := parse(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "cluster: %v (--help explains the flags)\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		stop()
		os.Exit(1) //nolint:gocritic // the deferred stop was called
	}
}

// options are what the command line says.
type options struct {
	kubeconfig  string
	images      images
	prepareOnly bool
}

// images maps repositories to programs.
type images map[string]string

func (i images) String() string { return "" }

// Set takes one repository=program.
func (i images) Set(s string) error {
	repository, program, ok := strings.Cut(s, "=")
	if !ok || repository == "" || program == "" {
		return fmt.Errorf("%q is not of the form repository=program", s)
	}
	i[repository] = program
	return nil
}

func parse(args []string, out io.Writer) (options, error) {
	o := options{images: images{
		"ghcr.io/superoffice-webhook/manager":  "bin/manager",
		"ghcr.io/superoffice-webhook/receiver": "bin/receiver",
	}}
	flags := flag.NewFlagSet("cluster", flag.ContinueOnError)
	flags.StringVar(&o.kubeconfig, "kubeconfig", filepath.Join(".cluster", "kubeconfig"), "`file` to write the kubeconfig to")
	flags.Var(o.images, "image", "`repository=program`: the program that stands for an image; may be repeated (default: this repository's manager and receiver in bin)")
	flags.BoolVar(&o.prepareOnly, "prepare", false, "compile what is missing, and start nothing")
	flags.SetOutput(io.Discard) // main says what is wrong, in one line
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(out)
		flags.Usage()
		return o, err
	case err != nil:
		return o, err
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return o, nil
}

func run(ctx context.Context, o options, out io.Writer) error {
	if err := cluster.Prepare(ctx, out); err != nil || o.prepareOnly {
		return err
	}
	return keepUp(ctx, o, out)
}

// keepUp runs a cluster until the context ends, or a part of the cluster does.
func keepUp(ctx context.Context, o options, out io.Writer) (err error) {
	_, _ = fmt.Fprintln(out, "starting etcd, kube-apiserver, kube-controller-manager and the node…")
	c, err := cluster.Start(ctx, cluster.Options{Progress: out, Images: o.images})
	switch {
	case err == nil:
	case ctx.Err() != nil: // asked to end before it was up, and nothing is left of it
		return nil
	default:
		return err
	}
	defer func() {
		_, _ = fmt.Fprintln(out, "\nstopping…")
		if stopped := c.Stop(); err == nil {
			err = stopped
		}
	}()
	path, err := publish(c, o.kubeconfig)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(path) }() // it leads nowhere then

	kubectl, err := cluster.Kubectl(ctx, out)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, `the cluster is up. In another terminal:

  export KUBECONFIG=%s
  alias kubectl=%s

Pods run as processes of this machine, images stand for programs (see --image), and Services have no data path:
reach pods with kubectl port-forward. The components' logs are in %s.
Press Ctrl-C to end it.
`, path, kubectl, c.Logs())
	return c.Wait(ctx)
}

// publish copies the kubeconfig to where its users look for it, and returns the absolute path.
func publish(c *cluster.Cluster, path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("write kubeconfig: %w", err)
	}
	data, err := os.ReadFile(c.Kubeconfig())
	if err != nil {
		return "", fmt.Errorf("read kubeconfig: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return "", fmt.Errorf("write kubeconfig: %w", err)
	}
	// A file that is there already would keep its mode.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("write kubeconfig: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return "", fmt.Errorf("write kubeconfig: %w", err)
	}
	return path, nil
}
