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
)

// stateVariable tells the inner processes where to keep what does not outlive them.
const stateVariable = "SUPEROFFICE_WEBHOOK_REALCLUSTER_STATE"

// patience is how long what is inside may take to end when it was asked to, before it is killed.
const patience = 30 * time.Second

func runOutside(ctx context.Context, o Options) (code int, err error) {
	if err := checkMachine(); err != nil {
		return 1, err
	}
	if _, err := o.absolute(); err != nil {
		return 1, err
	}
	if err := Prepare(ctx, o.Progress); err != nil {
		return 1, err
	}
	state, err := os.MkdirTemp("", "superoffice-webhook-realcluster-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(state)) }()
	groups, err := newControlGroups()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, groups.remove()) }()
	return again(ctx, stageInit, patience, syscall.CLONE_NEWNS|syscall.CLONE_NEWNET|syscall.CLONE_NEWPID|syscall.CLONE_NEWIPC|syscall.CLONE_NEWUTS,
		stateVariable+"="+state, controlGroupVariable+"="+groups.name)
}

// again runs this program as another stage, and returns its exit code.
func again(ctx context.Context, stage string, patience time.Duration, namespaces uintptr, environment ...string) (int, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(append(os.Environ(), stageVariable+"="+stage), environment...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	return exitCode(cmd.Run())
}

// exitCode tells an exit code from a failure to get one.
func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), nil
	default:
		return 1, fmt.Errorf("run: %w", err)
	}
}
