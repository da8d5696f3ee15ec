// SPDX-License-Identifier: Apache-2.0

//go:build linux

package realcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/superoffice-webhook/operator/test/cluster"
	"github.com/superoffice-webhook/operator/test/cluster/binaries"
	"github.com/superoffice-webhook/operator/test/cluster/process"
)

// inside is what runs beside the control plane.
type inside struct {
	Options

	state        string
	controlGroup string
	programs     map[binaries.Program]string
	spawner      *process.Spawner
	cluster      *cluster.Cluster
}

func runInside(ctx context.Context, o Options) (code int, err error) {
	o, err = o.absolute()
	if err != nil {
		return 1, err
	}
	n := &inside{Options: o, state: os.Getenv(stateVariable), controlGroup: os.Getenv(controlGroupVariable), spawner: process.NewSpawner()}
	defer n.spawner.Close()
	begun := time.Now()
	if err := n.start(ctx); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, n.cluster.Stop()) }()
	_, _ = fmt.Fprintf(o.Progress, "The cluster is up after %s.\n", time.Since(begun).Round(100*time.Millisecond))
	return n.runCommand(ctx)
}

func (n *inside) start(ctx context.Context) (err error) {
	if err := os.MkdirAll(n.Logs, 0o750); err != nil {
		return err
	}
	if n.programs, err = find(ctx, n.Progress); err != nil {
		return err
	}
	if err := n.separate(ctx); err != nil {
		return err
	}
	for _, p := range places {
		if err := n.startRuntime(ctx, p); err != nil {
			return err
		}
	}
	n.cluster, err = cluster.Start(ctx, cluster.Options{Progress: n.Progress, NodeAddresses: addresses()})
	if err != nil {
		return err
	}
	if err := n.startNodes(ctx); err != nil {
		return errors.Join(err, n.cluster.Stop())
	}
	return nil
}

// startComponent starts a program that runs until the end, with a log of its own.
func (n *inside) startComponent(name string, line ...string) (*process.Process, error) {
	path, err := exec.LookPath(line[0])
	if err != nil {
		return nil, err
	}
	log, err := os.Create(n.logOf(name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	return n.spawner.Start(process.Command{Path: path, Args: line[1:], Env: os.Environ(), Dir: n.state, Output: log})
}

func (n *inside) logOf(name string) string { return n.Logs + "/" + name + ".log" }

// await asks until there is no error, and says with what it was in vain.
func (n *inside) await(ctx context.Context, name string, p *process.Process, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.Done():
			return fmt.Errorf("%s ended; its log ends with:\n%s", name, process.Tail(n.logOf(name)))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w; its log ends with:\n%s", name, err, process.Tail(n.logOf(name)))
		case <-ticker.C:
		}
	}
}

// runCommand runs the command that the cluster is for.
func (n *inside) runCommand(ctx context.Context) (int, error) {
	load, err := n.loadCommand()
	if err != nil {
		return 1, err
	}
	cmd := exec.CommandContext(ctx, n.Command[0], n.Command[1:]...) // #nosec G204 -- running it is what this package is for
	cmd.Env = append(os.Environ(), "KUBECONFIG="+n.cluster.Kubeconfig(), "E2E_LOAD="+load)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience / 2
	return exitCode(cmd.Run())
}
